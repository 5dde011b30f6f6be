/** Something that a test has measured: `what: figures`. */
export interface Figure {
  /** Heading in the summary. */
  readonly type: string
  readonly message: string
}

/** What the rehearsal was about. */
export interface Rehearsed {
  readonly version: string
  /** Seconds of the whole run. */
  readonly seconds: number
  /** Architecture of this machine, as Node names it. */
  readonly arch: string
  readonly figures: readonly Figure[]
}

const HEADINGS: Readonly<Record<string, string>> = {
  published: 'Published to registries on this machine',
  'first use': 'From an empty folder and an empty cluster, with only these registries',
}

/** The end of a rehearsal that has passed. @throws Error without figures for a heading, because then its tests did not run */
export function summaryOf({ version, seconds, arch, figures }: Rehearsed): string {
  const libraries = figures.filter(({ type }) => type === 'library').length
  const all = [
    ...figures,
    { type: 'first use', message: `npm i LIBRARY: ${libraries} installed by the line of their README, and imported` },
  ]
  const parts = Object.entries(HEADINGS).map(([type, heading]) => {
    const rows = all.filter((figure) => figure.type === type).map(({ message }) => splitRow(message))
    if (!figures.some((figure) => figure.type === type))
      throw new Error(`the rehearsal has measured nothing for "${heading}"`)
    const width = Math.max(...rows.map(([what]) => what.length))
    return `${heading}:\n${rows.map(([what, measured]) => `  ${what.padEnd(width)}  ${measured}\n`).join('')}`
  })
  const other = arch === 'arm64' ? 'amd64' : 'arm64'
  return [
    ...parts,
    `Only in the workflow on GitHub: the image for ${other}, keyless signatures, SBOM and provenance, npm's trusted publishing.\n`,
    `The rehearsal of ${version} passed in ${duration(seconds)}. Nothing was published outside this machine; the registries are deleted.\n`,
  ].join('\n')
}

function splitRow(message: string): readonly [what: string, measured: string] {
  const at = message.indexOf(': ')
  return at === -1 ? [message, ''] : [message.slice(0, at), message.slice(at + 2)]
}

/** `1 min 5 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
