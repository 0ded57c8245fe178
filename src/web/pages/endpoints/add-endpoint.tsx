import { Button, Group, Stack, TextInput, UnstyledButton } from '@mantine/core';
import { IconArrowLeft, IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { channelsQuery } from '../../api/queries.ts';
import { send } from '../../api/send.ts';
import type { Channel, Endpoint, NewEndpoint } from '../../api/types.ts';
import { useLanguage } from '../../i18n/language.ts';
import { m } from '../../paraglide/messages.js';
import { ChannelIcon } from '../../parts/channel-icon.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Loading } from '../../parts/loading.tsx';
import { fieldProblems } from '../../parts/problem-words.ts';
import { useAction } from '../../parts/use-action.ts';
import { countryOptions } from './countries.ts';
import classes from './endpoints.module.css';
import { Genuineness } from './genuineness.tsx';
import { channelSentence } from './health-words.ts';
import { type Draft, emptyDraft, readDraft } from './settings-draft.ts';
import { CountrySelect, LanguageSelect, problemOf } from './settings-fields.tsx';
import { relevant, SettingsSections } from './settings-sections.tsx';

/** First the kind of source, then what that kind needs to know. */
export function AddEndpoint() {
  const found = useQuery(channelsQuery);
  const [channel, setChannel] = useState<Channel>();
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading />;
  if (channel !== undefined) return <Details channel={channel} onBack={() => setChannel(undefined)} />;
  return <Kinds channels={found.data} onChoose={setChannel} />;
}

function Kinds({ channels, onChoose }: { channels: readonly Channel[]; onChoose: (channel: Channel) => void }) {
  const language = useLanguage();
  return (
    <div className={classes.kinds}>
      {channels.map((channel) => (
        <UnstyledButton key={channel.id} className={classes.kind} onClick={() => onChoose(channel)}>
          <ChannelIcon channel={channel.id} />
          <span>
            <strong>{channel.title[language]}</strong>
            <span className={classes.soft}>{channelSentence(channel)}</span>
          </span>
        </UnstyledButton>
      ))}
    </div>
  );
}

function Details({ channel, onBack }: { channel: Channel; onBack: () => void }) {
  const language = useLanguage();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [country, setCountry] = useState(language === 'ru' ? 'RU' : 'US');
  const [formLanguage, setFormLanguage] = useState(language);
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(channel.settings));
  const read = readDraft(channel.settings, draft);
  const [more, setMore] = useState(false);
  // What has a default can wait; what has none is asked at once.
  const needed = channel.settings.filter((field) => field.default === null);
  const optional = channel.settings.filter((field) => field.default !== null);
  const add = useAction((body: NewEndpoint) => send<Endpoint>('POST', '/endpoints', body), {
    refresh: [['endpoints']],
    onDone: (made) => navigate({ to: '/endpoints/$id', params: { id: made.id } }),
  });
  const problems = { ...read.wrong, ...fieldProblems(add.error) };
  const open = more || optional.some((field) => problemOf(problems, field.name) !== undefined);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (Object.keys(read.wrong).length === 0)
          add.mutate({
            channel: channel.id,
            name: name.trim(),
            settings: read.changed,
            defaultCountry: country,
            language: formLanguage,
          });
      }}
    >
      <Stack>
        <TextInput
          label={m.endpoint_name()}
          placeholder={m.endpoint_name_example()}
          required
          withAsterisk={false}
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group grow align="flex-start">
          <CountrySelect value={country} onChange={setCountry} options={countryOptions()} />
          <LanguageSelect value={formLanguage} onChange={setFormLanguage} />
        </Group>
        <SettingsSections fields={needed} draft={draft} onChange={setDraft} problems={problems} />
        <Genuineness channel={channel} settings={draft} />
        {optional.length > 0 && (
          <Button
            variant="subtle"
            size="sm"
            style={{ alignSelf: 'flex-start' }}
            aria-expanded={open}
            onClick={() => setMore(!more)}
            rightSection={
              open ? <IconChevronUp size={16} aria-hidden="true" /> : <IconChevronDown size={16} aria-hidden="true" />
            }
          >
            {open
              ? m.settings_less()
              : m.settings_more({ count: relevant({ fields: optional, draft, problems }).length })}
          </Button>
        )}
        {open && <SettingsSections fields={optional} draft={draft} onChange={setDraft} problems={problems} />}
        <Group justify="space-between">
          <Button variant="subtle" leftSection={<IconArrowLeft size={17} aria-hidden="true" />} onClick={onBack}>
            {m.back()}
          </Button>
          <Button type="submit" disabled={name.trim() === ''} loading={add.isPending}>
            {m.endpoint_create()}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
