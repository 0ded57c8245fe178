/**
 * The newest file of `migrations/`, for whom cannot read that folder: a Worker on an older database answers 503 until
 * it is migrated. test/worker fails while this is not the newest.
 */
export const NEWEST_MIGRATION = '0017-calls.sql';
