/**
 * argon2id with the parameters of the OWASP password storage cheat sheet: 19 MiB, 2 passes, 1 lane, about 10 ms off
 * the event loop. The library is native code: it is loaded on first use, and where there is none (the Worker) people
 * cannot log in with a password and are told so.
 */
import { Rejected } from '../errors.ts';

const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const; // algorithm: argon2id by default

/** Of a password nobody has: an unknown account costs the same time as a known one. */
let decoy: Promise<string> | undefined;

async function argon(): Promise<typeof import('@node-rs/argon2')> {
  // Put together here, so that the Worker's bundler does not try to take the native code along.
  return await import(['@node-rs', 'argon2'].join('/')).catch((cause: unknown) => {
    throw new Rejected(503, 'Logging in with a password works on the Node server only, not at the edge.', { cause });
  });
}

export async function hashPassword(password: string): Promise<string> {
  const { hash } = await argon();
  return hash(password.normalize('NFKC'), PARAMETERS);
}

/** `stored` is null for an unknown account or one without a password: as slow as a wrong password, and false. */
export async function isPassword(stored: string | null, password: string): Promise<boolean> {
  const { verify } = await argon();
  decoy ??= hashPassword(crypto.randomUUID());
  const matches = await verify(stored ?? (await decoy), password.normalize('NFKC'));
  return matches && stored !== null;
}

/** The ones of ten characters and more in every list of leaked passwords; length does the rest. */
const COMMON = new Set([
  '1234567890',
  '0123456789',
  '0987654321',
  '1q2w3e4r5t',
  '1qaz2wsx3edc',
  'qwertyuiop',
  'qwerty12345',
  'qwerty123456',
  'qwertyuiop[]',
  'password12',
  'password123',
  'password1234',
  'passw0rd123',
  'administrator',
  'letmein123',
  'welcome123',
  'йцукенгшщз',
  'йцукенгшщзхъ',
  'пароль12345',
]);

/** Throws 422 for a password that the first hundred guesses would find. */
export function refuseWeakPassword(password: string, email: string): void {
  const plain = password.toLowerCase();
  const account = email.toLowerCase().split('@')[0] ?? '';
  const guessable =
    COMMON.has(plain) ||
    new Set(plain).size < 4 ||
    plain === email ||
    (account.length > 3 && plain.startsWith(account));
  if (guessable)
    throw new Rejected(422, 'This password is easy to guess; please choose another one.', {
      fields: { password: 'is easy to guess' },
    });
}
