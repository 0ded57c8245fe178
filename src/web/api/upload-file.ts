import { getLocale } from '../paraglide/runtime.js';
import { ApiError, readProblem } from './send.ts';
import type { Upload } from './types.ts';

interface Options {
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Sends a file for a reply. `fetch` cannot say how far it is, so this is the older way. */
export function uploadFile(leadId: string, file: File, { onProgress, signal }: Options): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/leads/${leadId}/files?name=${encodeURIComponent(file.name.slice(-255))}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Accept-Language', getLocale());
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Upload);
      else reject(readProblem(request.status, request.responseText, request.getResponseHeader('retry-after')));
    };
    request.onerror = () => reject(new ApiError({ type: 'about:blank', title: 'no answer', status: 0 }));
    request.onabort = () => reject(new DOMException('removed', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
