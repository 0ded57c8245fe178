import { useState } from 'react';

const SHOWN_MS = 1600;

/**
 * Copies a text. Inlet is often served over plain http inside an office, where the modern clipboard does not exist.
 */
export function useCopied(): [boolean, (text: string) => Promise<void>] {
  const [copied, setCopied] = useState(false);
  const copy = async (text: string): Promise<void> => {
    await write(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return [copied, copy];
}

async function write(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    // Inside an open dialog focus is trapped: the area must be a child of it.
    (document.querySelector('[role="dialog"]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
