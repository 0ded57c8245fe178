/** Every command, in the order of the help. */
import { channelAdd, channelList } from './channel.ts';
import { channelTest } from './channel-test.ts';
import type { Command } from './command.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { keyAdd, keyList, keyRevoke } from './key.ts';
import { ledgerCommand } from './ledger.ts';
import { migrateCommand } from './migrate.ts';
import { replayCommand } from './replay.ts';
import { rotateKey } from './rotate-key.ts';
import { userAdd, userList } from './user.ts';

export const commands: readonly Command[] = [
  channelAdd,
  channelList,
  channelTest,
  userAdd,
  userList,
  keyAdd,
  keyList,
  keyRevoke,
  ledgerCommand,
  replayCommand,
  doctorCommand,
  demoCommand,
  rotateKey,
  migrateCommand,
];
