import { signedCase } from './zadarma.ts';

export const novofonCase = signedCase((novofonSecret) => ({ provider: 'novofon', novofonSecret }));
