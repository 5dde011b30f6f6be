/** A recording in the format asciicast v2, which asciinema plays. */
export interface Asciicast {
  readonly width: number
  readonly height: number
  /** Output of the terminal: seconds since the start, and text with escape sequences. */
  readonly events: ReadonlyArray<readonly [seconds: number, output: string]>
}

/** The recording as a file. */
export function writeAsciicast({ width, height, events }: Asciicast): string {
  const header = { version: 2, width, height }
  const lines = events.map(([seconds, output]) => [Number(seconds.toFixed(3)), 'o', output])
  return `${[header, ...lines].map((line) => JSON.stringify(line)).join('\n')}\n`
}

/** @throws Error if it is no recording in format 2 */
export function readAsciicast(file: string): Asciicast {
  const [header, ...lines] = file.trimEnd().split('\n')
  const { version, width, height } = JSON.parse(header ?? '{}') as Asciicast & { readonly version: number }
  if (version !== 2) throw new Error(`format ${version} of asciicast is not known`)
  const events = lines
    .map((line) => JSON.parse(line) as [number, string, string])
    .filter(([, kind]) => kind === 'o')
    .map(([seconds, , output]) => [seconds, output] as const)
  return { width, height, events }
}
