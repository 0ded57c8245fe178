/** The sign of Inlet: what falls in is caught. */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b6476" />
      <g fill="none" strokeLinecap="round" strokeLinejoin="round">
        <path d="M8 10v6a8 8 0 0 0 16 0v-6" stroke="#fff" strokeWidth="3" />
        <path d="M16 6v10m-4-3.5 4 4 4-4" stroke="#a9d9e1" strokeWidth="2.6" />
      </g>
    </svg>
  );
}
