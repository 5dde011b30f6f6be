import type { PlantedValue } from './canary-run.ts'
import { type Leak, LeakScanner } from './leak-scanner.ts'

/** A value that was told on a channel. */
export interface ChannelLeak extends Pick<Leak, 'label' | 'form'> {
  readonly channel: string
  /** What stands before it. */
  readonly after: string
}

/** What a scan looks for. */
export interface Wanted {
  readonly values: readonly PlantedValue[]
  /** Part of most values: looked for in their place. @default none, every value by itself */
  readonly marker?: string
}

const AFTER_LENGTH = 60

/** All that was told on some channels, kept until somebody looks for values in it. */
export class ChannelScan {
  readonly #told = new Map<string, Uint8Array[]>()

  /** Names a channel before anything is told on it, so that silence shows too. */
  open(...channels: readonly string[]): void {
    for (const channel of channels) if (!this.#told.has(channel)) this.#told.set(channel, [])
  }

  tell(channel: string, told: string | Uint8Array): void {
    this.open(channel)
    this.#told.get(channel)?.push(Buffer.from(told))
  }

  get channels(): readonly string[] {
    return [...this.#told.keys()]
  }

  /** @param only the channels to look at @default all */
  leaks(wanted: Wanted, only: readonly string[] = this.channels): readonly ChannelLeak[] {
    const scanner = new LeakScanner(wanted)
    return only.flatMap((channel) => {
      const text = this.#text(channel)
      return scanner.scan(text).map(({ label, form, index }) => {
        return { channel, label, form, after: text.slice(Math.max(0, index - AFTER_LENGTH), index) }
      })
    })
  }

  /** What was searched and found: a line for each channel, then one for all. */
  table({ values }: Wanted, leaks: readonly ChannelLeak[]): string {
    const rows = this.channels.map((channel) => ({
      channel,
      bytes: this.#text(channel).length,
      hits: leaks.filter((leak) => leak.channel === channel).length,
    }))
    const width = Math.max(...this.channels.map(({ length }) => length))
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
    return [
      `${'channel'.padEnd(width)}  ${'bytes'.padStart(12)}  hits`,
      ...rows.map((row) => `${row.channel.padEnd(width)}  ${grouped(row.bytes).padStart(12)}  ${row.hits}`),
      `canary scan: ${values.length} values, ${grouped(bytes)} bytes in ${rows.length} channels, ${leaks.length} hits`,
    ].join('\n')
  }

  /** One character a byte, so that nothing depends on what it is encoded in. */
  #text(channel: string): string {
    return Buffer.concat(this.#told.get(channel) ?? []).toString('latin1')
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
