import { Select, TextInput } from '@mantine/core';
import type { Way } from '../../api/types.ts';
import { m } from '../../paraglide/messages.js';
import classes from './composer.module.css';
import { type Chosen, chosenText, variablesOf } from './provider-choice.ts';

interface Props {
  readonly way: Way;
  readonly value: Chosen;
  readonly onChange: (chosen: Chosen) => void;
}

/** Free text is over: one of the templates that the provider has approved, with its gaps filled in. */
export function ProviderTemplate({ way, value, onChange }: Props) {
  if (way.templates.length === 0) return <p className={classes.nothing}>{m.reply_no_approved()}</p>;
  const template = way.templates[value.index];
  return (
    <div className={classes.provider}>
      <Select
        label={m.reply_approved()}
        placeholder={m.reply_approved_choose()}
        data={way.templates.map(({ name, language }, index) => ({
          value: String(index),
          label: `${name} (${language})`,
        }))}
        value={template === undefined ? null : String(value.index)}
        onChange={(chosen) => {
          const index = Number(chosen ?? -1);
          const gaps = variablesOf(way.templates[index]?.text ?? '');
          onChange({ index, variables: Array.from({ length: gaps }, () => '') });
        }}
      />
      {value.variables.map((variable, index) => (
        <TextInput
          // biome-ignore lint/suspicious/noArrayIndexKey: a variable is its number
          key={index}
          label={m.reply_variable({ number: index + 1 })}
          maxLength={1000}
          value={variable}
          onChange={(event) =>
            onChange({ ...value, variables: value.variables.with(index, event.currentTarget.value) })
          }
        />
      ))}
      {template !== undefined && (
        <figure className={classes.preview}>
          <figcaption>{m.reply_preview()}</figcaption>
          <p>{chosenText(way, value)}</p>
        </figure>
      )}
    </div>
  );
}
