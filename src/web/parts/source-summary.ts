import type { LeadSource } from '../api/types.ts';

/** Where a lead came from, in two short parts at most: the page, the campaign. */
export function sourceSummary(source: LeadSource | null): string[] {
  const parts: string[] = [];
  if (source?.page !== undefined) parts.push(shortAddress(source.page));
  const { source: from, medium, campaign } = source?.utm ?? {};
  const campaignWords = [from, medium, campaign].filter((part) => part !== undefined && part !== '').join(' / ');
  if (campaignWords !== '') parts.push(campaignWords);
  else if (source?.referrer !== undefined && source.referrer !== '') parts.push(shortAddress(source.referrer));
  return parts;
}

export const shortAddress = (address: string): string =>
  address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
