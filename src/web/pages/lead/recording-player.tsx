import {
  IconAlertCircle,
  IconLoader,
  IconLock,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import { type CSSProperties, type ReactNode, useRef, useState } from 'react';
import type { Attachment } from '../../api/types.ts';
import { useMe } from '../../app/access.ts';
import { clock } from '../../i18n/when.ts';
import { m } from '../../paraglide/messages.js';
import classes from './call.module.css';
import { fileReason } from './message-files.tsx';

interface Props {
  readonly file: Attachment;
  /** How long the talk was, until the recording itself says how long it is. */
  readonly talkSeconds: number | null;
}

/** A recording of a call: to be listened to by those who may, and never a file to take away. */
export function Recording({ file, talkSeconds }: Props) {
  const me = useMe();
  return (
    <div className={classes.recording} data-testid="recording" data-state={file.state}>
      {file.state === 'waiting' && (
        <Words icon={<IconLoader size={16} aria-hidden="true" />}>{m.recording_waiting()}</Words>
      )}
      {file.state === 'expired' && <Words>{m.recording_expired()}</Words>}
      {file.state === 'failed' && (
        <Words wrong>
          {m.recording_failed()}
          {`: ${fileReason(file.reason)}`}
        </Words>
      )}
      {file.state === 'here' &&
        (me.mayListen && me.role !== 'auditor' ? (
          <Player id={file.id} talkSeconds={talkSeconds} />
        ) : (
          <Words icon={<IconLock size={16} aria-hidden="true" />}>{m.recording_no_right()}</Words>
        ))}
    </div>
  );
}

interface WordsProps {
  readonly icon?: ReactNode;
  readonly wrong?: boolean;
  readonly children: ReactNode;
}

function Words({ icon = <IconAlertCircle size={16} aria-hidden="true" />, wrong = false, children }: WordsProps) {
  return (
    <p className={classes.recordingWords} data-wrong={wrong || undefined}>
      {icon}
      <span>{children}</span>
    </p>
  );
}

const SPEEDS = [1, 1.5, 2] as const;

function Player({ id, talkSeconds }: { id: string; talkSeconds: number | null }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(talkSeconds ?? 0);
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number]>(1);
  const [broken, setBroken] = useState(false);
  const toggle = (): void => {
    if (playing) audio.current?.pause();
    else audio.current?.play().catch(() => setPlaying(false));
  };
  const seek = (seconds: number): void => {
    setAt(seconds);
    if (audio.current !== null) audio.current.currentTime = seconds;
  };
  const faster = (): void => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    if (audio.current !== null) audio.current.playbackRate = next;
  };
  if (broken) return <Words wrong>{m.recording_unplayable()}</Words>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div className={classes.player} role="group" aria-label={m.recording()}>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody has written down what was said */}
      <audio
        ref={audio}
        src={`/api/v1/recordings/${id}`}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={() => setBroken(true)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={({ currentTarget: { duration } }) => Number.isFinite(duration) && setLength(duration)}
        onLoadedMetadata={(event) => {
          event.currentTarget.playbackRate = speed;
        }}
      />
      <button
        type="button"
        className={classes.play}
        aria-label={playing ? m.recording_pause() : m.recording_play()}
        onClick={toggle}
      >
        {playing ? (
          <IconPlayerPauseFilled size={16} aria-hidden="true" />
        ) : (
          <IconPlayerPlayFilled size={16} aria-hidden="true" />
        )}
      </button>
      <input
        type="range"
        className={classes.seek}
        style={{ '--played': `${length === 0 ? 0 : Math.min((at / length) * 100, 100)}%` } as CSSProperties}
        aria-label={m.recording_seek()}
        aria-valuetext={m.recording_time({ at: clock(at), of: clock(length) })}
        min={0}
        max={Math.max(length, 0.1)}
        step={0.1}
        value={Math.min(at, Math.max(length, 0.1))}
        disabled={length === 0}
        onChange={(event) => seek(event.currentTarget.valueAsNumber)}
      />
      <span className={`${classes.time} num`}>
        {clock(at)} / {clock(length)}
      </span>
      <button
        type="button"
        className={`${classes.speed} num`}
        aria-label={m.recording_speed({ speed: String(speed) })}
        onClick={faster}
      >
        {speed}×
      </button>
    </div>
  );
}
