import { createHash } from 'node:crypto';
import type { Got, OpenLoopback } from '../loopback.ts';
import { NUMBER, openGraph, type Taken, TOKEN } from './graph.ts';

export const openWhatsappCloud: OpenLoopback = async () => {
  const graph = await openGraph();
  const bytes = Buffer.from('\u00ff\u00d8\u00ff a photograph', 'latin1');
  const here = graph.put(bytes, 'image/jpeg');
  const gone = graph.put(Buffer.from('old'), 'image/jpeg');
  graph.media.get(gone)!.gone = true;
  const sha256 = createHash('sha256').update(bytes).digest('base64');
  return {
    settings: { apiRoot: graph.root, accessToken: TOKEN, phoneNumberId: NUMBER },
    to: { reach: { to: '79990000001' } },
    got: () => graph.taken.map((taken) => gotOf(taken, graph.media)),
    misbehave: (how) => {
      if (how === 'lose-answer') graph.troubles.messages.push('lose-answer');
      else graph.troubles.messages.push({ code: how === 'later' ? 130429 : 131047 });
    },
    files: {
      here: { name: 'image.jpg', mediaType: 'image/jpeg', ref: { mediaId: here, sha256 } },
      bytes,
      gone: { name: 'image.jpg', mediaType: 'image/jpeg', ref: { mediaId: gone } },
    },
    close: graph.close,
  };
};

/** What the client's phone shows. */
function gotOf({ body }: Taken, media: ReadonlyMap<string, { readonly bytes: Buffer }>): Got {
  const content = body[String(body.type)] as Record<string, unknown>;
  const file = media.get(String(content.id));
  return {
    text: String(content.body ?? content.caption ?? ''),
    files: file === undefined ? [] : [{ name: String(content.filename ?? ''), bytes: file.bytes }],
  };
}
