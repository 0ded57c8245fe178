import {
  IconBrandTelegram,
  IconBrandWhatsapp,
  IconForms,
  IconInbox,
  IconMail,
  IconPhone,
  type TablerIcon,
} from '@tabler/icons-react';
import classes from './parts.module.css';

const ICONS: Readonly<Record<string, TablerIcon>> = {
  form: IconForms,
  telephony: IconPhone,
  call: IconPhone,
  email: IconMail,
  telegram: IconBrandTelegram,
  whatsapp: IconBrandWhatsapp,
  'whatsapp-cloud': IconBrandWhatsapp,
  'whatsapp-baileys': IconBrandWhatsapp,
};

interface Props {
  readonly channel: string;
  readonly size?: number;
  readonly plain?: boolean;
}

/** Always beside the channel's name or the endpoint's, so it says nothing by itself. */
export function ChannelIcon({ channel, size = 20, plain = false }: Props) {
  const Icon = ICONS[channel] ?? IconInbox;
  const icon = <Icon size={size} stroke={1.6} aria-hidden="true" style={{ flex: 'none' }} />;
  return plain ? icon : <span className={classes.channelIcon}>{icon}</span>;
}
