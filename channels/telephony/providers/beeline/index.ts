/** Beeline's cloud PBX (BroadSoft XSI): docs/providers/beeline.md */
import type { Genuine, InboundRequest, RemoteFile, Tools } from '../../../../src/channel.ts';
import { Later, Rejected } from '../../../../src/errors.ts';
import type { Adapter, Endpoint, TestCall, TestRequest } from '../../adapter.ts';
import { fetchRecording } from '../../download.ts';
import { formFields, pathAfterKey, string } from '../../loose.ts';
import { anySecret, sameText } from '../../secrets.ts';
import { dial, TOKEN_HEADER } from './dial.ts';
import { parse } from './parse.ts';
import { listen } from './subscribe.ts';

/** Recordings appear some time after the call. */
const RETRY_SECONDS = 120;

function verify(request: InboundRequest, endpoint: Endpoint): Genuine {
  if (request.method !== 'POST') throw new Rejected(405, 'Events are posted.');
  const { secret: inQuery } = formFields(request.url, new Uint8Array());
  const given = [pathAfterKey(request.url).slice(1), string(inQuery)].filter((text) => text !== '');
  if (given.length === 0) throw new Rejected(401, 'The secret is missing at the end of the address.');
  const genuine = given.map((text) =>
    anySecret(endpoint.settings.beelineSecret, endpoint, (secret) => sameText(text, secret)),
  );
  if (!genuine.includes(true)) throw new Rejected(401, 'The secret in the address does not match.');
  return { answer: { status: 200 } };
}

async function fetch(file: RemoteFile, endpoint: Endpoint, tools: Tools, signal: AbortSignal): Promise<Uint8Array> {
  const { beelineApiRoot: root, beelineApiToken: token = '' } = endpoint.settings;
  const hosts = [new URL(root).hostname];
  const found = await fetchRecording(file, endpoint, tools, signal, { hosts, headers: { [TOKEN_HEADER]: token } });
  // While there is no recording yet, the API says so as JSON.
  if (found[0] === 0x7b) throw new Later(RETRY_SECONDS, 'Beeline has no recording of this call (yet).');
  return found;
}

function test(endpoint: Endpoint, { callId, client, at }: TestCall): readonly TestRequest[] {
  const id = callId.replaceAll(/[^\w:.-]/g, '_');
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<xsi:Event xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance">
<xsi:targetId>test@mpbx.example</xsi:targetId><xsi:eventData xsi1:type="xsi:CallReleasedEvent"><xsi:call>
<xsi:extTrackingId>${id}</xsi:extTrackingId><xsi:personality>Terminator</xsi:personality>
<xsi:remoteParty><xsi:address>tel:${client}</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty>
<xsi:startTime>${at.getTime() - 20_000}</xsi:startTime><xsi:releaseTime>${at.getTime()}</xsi:releaseTime>
</xsi:call></xsi:eventData></xsi:Event>`;
  const headers = { 'content-type': 'application/xml; charset=UTF-8' };
  return [{ method: 'POST', path: `/${endpoint.settings.beelineSecret ?? ''}`, headers, body }];
}

export const beeline: Adapter = { id: 'beeline', trust: 'secret', verify, parse, fetch, dial, listen, test };
