/** 128 random bits. `crypto.randomUUID` does not exist where Inlet is served over plain http inside an office. */
export const requestKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
