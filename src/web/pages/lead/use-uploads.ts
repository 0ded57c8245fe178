import { useEffect, useRef, useState } from 'react';
import { send } from '../../api/send.ts';
import type { Way } from '../../api/types.ts';
import { uploadFile } from '../../api/upload-file.ts';
import { fileSize } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import { problemWords } from '../../parts/problem-words.ts';
import { tellNotice } from '../../parts/tell.ts';

/** The server takes no larger one, whatever the way would carry. */
const MAX_UPLOAD_BYTES = 32 << 20;

export interface WaitingFile {
  readonly key: number;
  readonly name: string;
  readonly size: number;
  /** Of 1. */
  readonly progress: number;
  /** The upload's id, once it is there. */
  readonly id?: string;
  readonly problem?: string;
}

export const largestFile = (way: Way): number => Math.min(way.files?.maxBytes ?? 0, MAX_UPLOAD_BYTES);

let lastKey = 0;

export function useUploads(leadId: string) {
  const [files, setFiles] = useState<readonly WaitingFile[]>([]);
  const going = useRef(new Map<number, AbortController>());
  useEffect(() => {
    const all = going.current;
    return () => {
      for (const one of all.values()) one.abort();
    };
  }, []);

  const change = (key: number, news: Partial<WaitingFile>): void =>
    setFiles((all) => all.map((one) => (one.key === key ? { ...one, ...news } : one)));

  const start = (file: File): WaitingFile => {
    lastKey += 1;
    const key = lastKey;
    const controller = new AbortController();
    going.current.set(key, controller);
    uploadFile(leadId, file, { signal: controller.signal, onProgress: (progress) => change(key, { progress }) })
      .then(
        ({ id, name, size }) => change(key, { id, name, size, progress: 1 }),
        (error: unknown) => change(key, { problem: problemWords(error) }),
      )
      .finally(() => going.current.delete(key));
    return { key, name: file.name, size: file.size, progress: 0 };
  };

  return {
    files,
    add: (wanted: readonly File[], way: Way): void => {
      const good = wanted.filter((file) => fits(file, way));
      const room = (way.files?.maxCount ?? 0) - files.length;
      if (way.files === null) tellNotice(m.reply_files_none());
      else if (good.length > room) tellNotice(m.reply_files_too_many({ count: way.files.maxCount }));
      const begun = good.slice(0, Math.max(0, room)).map(start);
      setFiles((all) => [...all, ...begun]);
    },
    remove: (file: WaitingFile): void => {
      going.current.get(file.key)?.abort();
      // The server forgets it after a day anyhow.
      if (file.id !== undefined) void send<void>('DELETE', `/uploads/${file.id}`).catch(() => undefined);
      setFiles((all) => all.filter((one) => one.key !== file.key));
    },
    put: setFiles,
  };
}

function fits(file: File, way: Way): boolean {
  if (way.files === null) return false;
  const largest = largestFile(way);
  if (file.size > 0 && file.size <= largest) return true;
  tellNotice(
    file.size === 0
      ? m.reply_file_empty({ name: file.name })
      : m.reply_file_too_large({ name: file.name, size: fileSize(largest) }),
  );
  return false;
}
