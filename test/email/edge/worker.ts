/** Reads the posted mail with the e-mail channel as the Worker would, and answers what it found. */
import { emailEdge } from '../../../channels/email/edge.ts';
import { type Channel, isMessage } from '../../../src/channel.ts';
import { endpointFor, requestFor } from './endpoint.ts';

const channel = emailEdge as unknown as Channel;

export default {
  async fetch(request: Request): Promise<Response> {
    const { headers, settings, language } = JSON.parse(decodeURIComponent(request.headers.get('x-sample') ?? '{}'));
    const body = new Uint8Array(await request.arrayBuffer());
    try {
      const found = await channel.parse(requestFor(headers, body), endpointFor(channel, settings, language));
      if ('ignored' in found) return Response.json(found);
      return Response.json(
        found.map((event) =>
          isMessage(event)
            ? {
                ...event,
                attachments: event.attachments?.map(({ name, mediaType, bytes }) => [name, mediaType, bytes.length]),
              }
            : event,
        ),
      );
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};
