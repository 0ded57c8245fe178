/** From what an adapter heard to the event that the house takes: cleaned, limited, with the line's source. */
import { type CallFact, cleanFileName, cleanLine, type InboundEvent, type Source } from '../../src/channel.ts';
import type { Endpoint, HeardCall } from './adapter.ts';
import { bareNumber, isHidden, isInternal, sameDigits, withPlus } from './numbers.ts';

const MAX_SECONDS = 86_400;
const UNKNOWN_CALLED = 'our call to somebody who has no open lead';

/** `undefined`: it concerns a number that is to be ignored. */
export function callEvent(heard: HeardCall, endpoint: Endpoint): InboundEvent | undefined {
  const { settings } = endpoint;
  const number = heard.client === undefined ? undefined : cleanLine(bareNumber(heard.client), 100);
  if (number !== undefined && isIgnored(number, endpoint)) return undefined;
  const hidden = number !== undefined && isHidden(number);
  const internal = number !== undefined && !hidden && isInternal(number, settings.internalDigits);
  const known = number === undefined || hidden || internal ? undefined : number;
  const direction = internal ? 'internal' : heard.fact.direction;
  const quiet = direction === 'outbound' && settings.outgoing === 'known' ? UNKNOWN_CALLED : undefined;
  const source = sourceOf(heard.fact.line, endpoint);
  const name = heard.name === undefined ? '' : cleanLine(heard.name, 200);
  const call = cleanFact({
    ...heard.fact,
    ...titleOf(heard.fact.line, endpoint),
    ...(hidden ? { hiddenNumber: true } : {}),
    ...(direction ? { direction } : {}),
  });
  return {
    eventId: cleanLine(heard.callId, 200),
    kind: 'call',
    direction: direction === 'outbound' ? 'outbound' : 'inbound',
    ...(call.at === undefined ? {} : { at: call.at }),
    sender: {
      ...(name === '' || known === undefined || sameDigits(name) === sameDigits(known) ? {} : { name }),
      identities:
        known === undefined
          ? []
          : [{ kind: 'phone', value: heard.international === true ? withPlus(known) : known, trust: 'observed' }],
    },
    call,
    ...(quiet === undefined ? {} : { quiet }),
    ...(source === undefined ? {} : { source }),
    ...(settings.keepRecordings ? recordingsOf(heard) : {}),
  };
}

function recordingsOf({ recordings = [] }: HeardCall): Pick<InboundEvent, 'files'> {
  if (recordings.length === 0) return {};
  return {
    files: recordings.slice(0, 20).map((file) => ({ ...file, name: cleanFileName(file.name) || 'recording' })),
  };
}

function isIgnored(number: string, { settings }: Endpoint): boolean {
  const digits = sameDigits(number);
  return digits !== '' && settings.ignoredNumbers.some((one) => sameDigits(one) === digits);
}

const lineOf = (line: string, { settings }: Endpoint) => {
  const digits = sameDigits(line);
  return settings.lines.find((one) => sameDigits(one.number) === digits);
};

function titleOf(line: string | undefined, endpoint: Endpoint): { lineTitle?: string } {
  const title = line === undefined ? undefined : lineOf(line, endpoint)?.title;
  return title === undefined ? {} : { lineTitle: title };
}

/** What the dialled number stands for. */
export function sourceOf(line: string | undefined, endpoint: Endpoint): Source | undefined {
  const found = line === undefined ? undefined : lineOf(line, endpoint);
  if (found === undefined) return undefined;
  const { source, medium, campaign } = found;
  const utm = Object.fromEntries(
    Object.entries({ source, medium, campaign }).filter(([, value]) => value !== undefined && value !== ''),
  );
  return Object.keys(utm).length === 0 ? undefined : { utm };
}

/** Texts clean and short, times and seconds possible; what is absent stays absent. */
function cleanFact(fact: CallFact): CallFact {
  const cleaned = Object.entries(fact).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined) return [];
    if (value instanceof Date) {
      const ms = value.getTime();
      return ms > 0 && ms < 4_102_444_800_000 ? [[name, value]] : [];
    }
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) return [];
      return [[name, name === 'order' ? value : Math.min(Math.max(Math.round(value), 0), MAX_SECONDS)]];
    }
    if (typeof value !== 'string') return [[name, value]];
    const text = cleanLine(name === 'line' ? bareNumber(value) : value, 200);
    return text === '' ? [] : [[name, text]];
  });
  return Object.fromEntries(cleaned) as unknown as CallFact;
}
