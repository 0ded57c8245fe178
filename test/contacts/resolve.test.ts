import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trust } from '../../src/channel.ts';
import {
  CROWD,
  type Holder,
  resolve,
  type SeenIdentity,
  TRUST_LEVELS,
  trustLevel,
} from '../../src/contacts/resolve.ts';

const seen = (lookup: string, trust: Trust = 'claimed', kind = 'phone'): SeenIdentity => ({
  kind,
  key: lookup,
  display: lookup,
  lookup,
  value: lookup,
  trust,
});
type Base = Map<string, Holder[]>;
const ask = (base: Base, ...identities: SeenIdentity[]) => resolve(identities, (lookup) => base.get(lookup) ?? []);
const holder = (contactId: string, trust = 0, rank = 0): Holder => ({ contactId, trust, rank });

describe('resolve', () => {
  it('makes a new contact of an unknown person, with all that was said', () => {
    const result = ask(new Map(), seen('p1'), seen('m1', 'claimed', 'email'));
    expect(result).toMatchObject({ contactId: undefined, link: 'new-person', suspects: [] });
    expect(result.add.map((one) => one.lookup)).toEqual(['p1', 'm1']);
    expect(ask(new Map())).toMatchObject({ contactId: undefined, link: 'no-identity', add: [] });
  });

  it('finds a known one, and adds what is new', () => {
    const result = ask(new Map([['p1', [holder('anna')]]]), seen('p1'), seen('m1', 'claimed', 'email'));
    expect(result).toMatchObject({ contactId: 'anna', link: 'known-key', by: 'phone', suspects: [] });
    expect(result.add.map((one) => one.lookup)).toEqual(['m1']);
  });

  it('chooses the strongest link of several, and records a suspicion of the rest', () => {
    const base: Base = new Map([
      ['p1', [holder('anna', 0)]],
      ['w1', [holder('boris', 2)]],
    ]);
    expect(ask(base, seen('p1'), seen('w1', 'attested', 'whatsapp'))).toMatchObject({
      contactId: 'boris',
      link: 'several-contacts',
      suspects: ['anna'],
    });
    // A link is as strong as its weaker end.
    expect(ask(base, seen('p1'), seen('w1', 'claimed', 'whatsapp'))).toMatchObject({ contactId: 'anna' });
  });

  it('does not follow a key that a crowd holds', () => {
    const crowd = Array.from({ length: CROWD }, (_, i) => holder(`c${i}`, 0, i));
    expect(ask(new Map([['p1', crowd]]), seen('p1'))).toMatchObject({
      contactId: undefined,
      link: 'shared-key',
      add: [],
    });
    const almost = crowd.slice(1);
    expect(ask(new Map([['p1', almost]]), seen('p1')).contactId).toBeDefined();
  });
});

const LOOKUPS = ['p1', 'p2', 'p3', 'm1', 'm2'];
const anIdentity = fc.record({ lookup: fc.constantFrom(...LOOKUPS), trust: fc.constantFrom(...TRUST_LEVELS) });
const aMessage = fc.array(anIdentity, { maxLength: 4 });
const aBase = fc.dictionary(
  fc.constantFrom(...LOOKUPS),
  fc.uniqueArray(fc.record({ contactId: fc.constantFrom('a', 'b', 'c'), trust: fc.nat(3) }), {
    selector: (one) => one.contactId,
    minLength: 1,
    maxLength: 3,
  }),
);
const asBase = (plain: Record<string, { contactId: string; trust: number }[]>): Base =>
  new Map(Object.entries(plain).map(([key, held]) => [key, held.map((one, rank) => ({ ...one, rank }))]));
const asSeen = ({ lookup, trust }: { lookup: string; trust: Trust }): SeenIdentity =>
  seen(lookup, trust, lookup.startsWith('p') ? 'phone' : 'email');

describe('whatever comes in', () => {
  it('adds nothing that somebody holds, and points at nobody whom no key points at', () => {
    fc.assert(
      fc.property(aBase, aMessage, (plain, message) => {
        const base = asBase(plain);
        const result = ask(base, ...message.map(asSeen));
        for (const one of result.add) expect(base.has(one.lookup)).toBe(false);
        const pointed = new Set(message.flatMap((one) => (base.get(one.lookup) ?? []).map((held) => held.contactId)));
        const named = [result.contactId, ...result.suspects].filter((id) => id !== undefined);
        expect(new Set(named)).toEqual(pointed);
        expect(new Set(named).size).toBe(named.length);
        if (pointed.size === 0) expect(result.contactId).toBeUndefined();
      }),
    );
  });

  it('decides the same, in whatever order the identities were named', () => {
    fc.assert(
      fc.property(
        aBase,
        fc.uniqueArray(anIdentity, { selector: (one) => one.lookup, maxLength: 4 }),
        (plain, message) => {
          const there = ask(asBase(plain), ...message.map(asSeen));
          const back = ask(asBase(plain), ...[...message].reverse().map(asSeen));
          expect(back.contactId).toBe(there.contactId);
          expect(back.suspects).toEqual(there.suspects);
        },
      ),
    );
  });

  it('no sequence of claimed identities changes what an existing contact holds, or how surely', () => {
    const claims = fc.array(fc.array(fc.constantFrom(...LOOKUPS), { maxLength: 4 }), { maxLength: 12 });
    fc.assert(
      fc.property(aBase, claims, (plain, messages) => {
        const base = asBase(plain);
        const before = structuredClone([...base]);
        let made = 0;
        for (const message of messages) {
          const result = ask(base, ...message.map((lookup) => asSeen({ lookup, trust: 'claimed' })));
          made += 1;
          const contactId = result.contactId ?? `new-${made}`;
          // The way intake applies it: what is added goes to a key that nobody held, at its own trust.
          for (const one of result.add) base.set(one.lookup, [holder(contactId, trustLevel(one.trust))]);
        }
        for (const [lookup, held] of before) expect(base.get(lookup)).toEqual(held);
        // What was added on the way is claimed, never more.
        for (const [lookup, held] of base)
          if (!before.some(([key]) => key === lookup)) expect(held.map((one) => one.trust)).toEqual([0]);
      }),
    );
  });

  it('a claimed message never outweighs what a channel vouched for', () => {
    fc.assert(
      fc.property(fc.constantFrom('claimed' as const), (trust) => {
        const base: Base = new Map([
          ['p1', [holder('anna', 3)]],
          ['w1', [holder('boris', 2)]],
        ]);
        const result = ask(base, seen('p1', trust), seen('w1', 'attested', 'whatsapp'));
        expect(result).toMatchObject({ contactId: 'boris', suspects: ['anna'] });
      }),
    );
  });
});
