import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHeader, readMultipart } from '../../../channels/form/multipart.ts';
import { Rejected } from '../../../src/errors.ts';
import { bytes } from '../stand-ins.ts';

const text = (data: Uint8Array): string => new TextDecoder().decode(data);

describe('readMultipart', () => {
  // Whatever a browser's own serializer writes, both readers must read the same.
  it('agrees with the platform on everything that FormData can send', async () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 40 }).map((s) => s.toWellFormed().replace(/[\r\n]/g, ' '));
    const part = fc.record({
      name: value,
      value,
      file: fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const data = new FormData();
        for (const { name, value: v, file } of parts)
          if (file === undefined) data.append(name, v);
          else data.append(name, new Blob([new Uint8Array(file)]), v);
        const response = new Response(data);
        const { parameters } = readHeader(response.headers.get('content-type')!);
        const body = new Uint8Array(await response.arrayBuffer());
        const ours = readMultipart(body, parameters.get('boundary')!, 100);
        expect(ours.length).toBe(parts.length);
        for (const [index, { name, value: v, file }] of parts.entries()) {
          const one = ours[index]!;
          expect(text(one.name)).toBe(name);
          if (file === undefined) expect(text(one.bytes)).toBe(v);
          else {
            expect(text(one.filename!)).toBe(v);
            expect([...one.bytes]).toEqual([...file]);
          }
        }
      }),
    );
  });

  it('reads what curl and older clients send', () => {
    const body = bytes(
      [
        'preamble to skip\r\n--b  \r\ncontent-disposition: FORM-DATA; name=plain\r\n\r\nv\r\n',
        '--b\r\nContent-Disposition: form-data; filename="a\\"; name=\\"evil.pdf"; name="file"\r\n\r\nx\r\n',
        `--b\r\nContent-Disposition: form-data; name="f"; filename=""; filename*=UTF-8''%D0%BF%D0%BB.pdf\r\n\r\ny\r\n`,
        '--b--\r\nepilogue',
      ].join(''),
    );
    const parts = readMultipart(body, 'b', 10);
    expect(parts.map((part) => [text(part.name), part.filename && text(part.filename), text(part.bytes)])).toEqual([
      ['plain', undefined, 'v'],
      ['file', 'a"; name="evil.pdf', 'x'],
      ['f', 'пл.pdf', 'y'],
    ]);
  });

  it('refuses broken bodies quickly, also large ones', () => {
    const large = (piece: string): Uint8Array => bytes(piece.repeat(Math.floor((12 * 1024 * 1024) / piece.length)));
    const bodies = [
      bytes(''),
      bytes('--b'),
      bytes('--b\r\n'),
      bytes('--b\r\n\r\n\r\n--b--'),
      bytes('--bx\r\n'),
      large('--b\r\n'),
      large('\r\n--b'),
      large('-'),
      large('\r\n'),
      large('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'),
      bytes(`--b\r\nContent-Disposition: form-data; name="${'a'.repeat(9000)}"\r\n\r\n\r\n--b--`),
    ];
    const began = performance.now();
    for (const body of bodies) expect(() => readMultipart(body, 'b', 1000)).toThrow(Rejected);
    for (const boundary of ['', 'x'.repeat(71), 'ы'])
      expect(() => readMultipart(bytes('--b--'), boundary, 9)).toThrow(Rejected);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});
