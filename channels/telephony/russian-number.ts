/** Numbers as PBXes of the Russian numbering plan write them, made international. */
import { bareNumber, withPlus } from './numbers.ts';

/** `88005553535`, `9990001122`, `79990001122`, `810380441234567`; what is none of these stays as it is. */
export function russianNumber(text: string): string {
  const bare = bareNumber(text);
  const digits = bare.replace(/[\s().-]/g, '');
  const abroad = /^810(\d{9,13})$/.exec(digits)?.[1];
  if (abroad !== undefined) return `+${abroad}`;
  const national = /^8?([3489]\d{9})$/.exec(digits)?.[1];
  return national === undefined ? withPlus(bare) : `+7${national}`;
}

/** As dialled from such a PBX: digits only, the country code first. */
export const dialledDigits = (number: string): string => number.replace(/\D/g, '');
