import { SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import type { Language } from '../api/types.ts';
import { m } from '../paraglide/messages.js';

interface LanguageProps {
  readonly value: Language;
  readonly onChange: (language: Language) => void;
}

export function LanguageSwitch({ value, onChange }: LanguageProps) {
  return (
    <SegmentedControl
      fullWidth
      aria-label={m.language()}
      value={value}
      onChange={onChange}
      data={[
        { value: 'en', label: 'English' },
        { value: 'ru', label: 'Русский' },
      ]}
    />
  );
}

export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const face = (icon: React.ReactNode, words: string) => (
    <span style={{ display: 'inline-flex', verticalAlign: 'middle' }}>
      {icon}
      <VisuallyHidden>{words}</VisuallyHidden>
    </span>
  );
  return (
    <SegmentedControl
      fullWidth
      aria-label={m.scheme()}
      value={colorScheme}
      onChange={(wanted) => setColorScheme(wanted as typeof colorScheme)}
      data={[
        { value: 'light', label: face(<IconSun size={17} aria-hidden="true" />, m.scheme_light()) },
        { value: 'dark', label: face(<IconMoon size={17} aria-hidden="true" />, m.scheme_dark()) },
        { value: 'auto', label: face(<IconDeviceDesktop size={17} aria-hidden="true" />, m.scheme_auto()) },
      ]}
    />
  );
}
