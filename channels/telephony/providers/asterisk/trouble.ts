/** What is wrong with the connection, in a sentence for the endpoint. Never its address: the password is in it. */

/** It may be over by itself: try again. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
}

/** Only a person can help. */
export class NeedsHuman extends Error {
  override readonly name = 'NeedsHuman';
}

/** @throws NeedsHuman, Trouble */
export function checkStatus(status: number): void {
  if (status === 401) throw new NeedsHuman('Asterisk does not accept this ARI user and password.');
  if (status === 403) throw new NeedsHuman('Asterisk does not let this ARI user read anything.');
  if (status === 404)
    throw new NeedsHuman(
      'A web server answers at this address, but not ARI: is it switched on in http.conf and ari.conf?',
    );
  if (status < 200 || status >= 300) throw new Trouble(`Asterisk answered ${status}; it is tried again.`);
}

/** From what `fetch` throws. */
export function troubleOf(error: unknown): Trouble {
  const cause = (error as { cause?: unknown } | null)?.cause;
  const code = String((cause as { code?: unknown } | null | undefined)?.code ?? '');
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return new Trouble('The name of the Asterisk server cannot be resolved.');
  if (/CERT|TLS|SSL|SELF_SIGNED/i.test(code)) return new Trouble('The certificate of Asterisk is not trustworthy.');
  return new Trouble('Asterisk cannot be reached at this address.');
}
