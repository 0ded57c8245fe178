/** BroadSoft's XSI events. Prefixes differ between captures (`xsi:`, `xsi1:`), so names count without them. */
import { XMLParser } from 'fast-xml-parser';
import { Malformed } from '../../../../src/errors.ts';
import { type Loose, part, string } from '../../loose.ts';

/** An event is seven deep. */
const DEEPEST = 40;

/** @throws Malformed */
export function readEvent(xml: string): Loose {
  // There is no honest reason for a document type, and every attack with entities needs one.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw new Malformed('The XML has a document type.');
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    processEntities: false,
    parseTagValue: false,
    parseAttributeValue: false,
    maxNestedTags: DEEPEST,
  });
  let read: unknown;
  try {
    read = parser.parse(xml);
  } catch {
    throw new Malformed('The body is no XML.');
  }
  const event = part(read, 'Event');
  if (Object.keys(event).length === 0) throw new Malformed('The XML is no event.');
  return event;
}

/** The text of an element, with or without attributes beside it; of several the first. */
export function textOf(parent: Loose, name: string): string {
  const value = parent[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return unescaped(string(typeof first === 'object' && first !== null ? (first as Loose)['#text'] : first));
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => NAMED[name]!);

/** `xsi:CallReleasedEvent` -> `CallReleasedEvent`. */
export const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** The last address in there, however deep: of redirections it is the number that was dialled first. */
export function lastAddress(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return '';
  const inner = Object.entries(value).map(([name, one]) =>
    name === 'address' ? textOf({ one }, 'one') : lastAddress(one, depth + 1),
  );
  return inner.filter((text) => text !== '').at(-1) ?? '';
}
