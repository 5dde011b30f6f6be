import type { PlantedValue } from './canary-run.ts'
import { type Leak, LeakScanner } from './leak-scanner.ts'

/** A value that is visible in a channel. */
export interface ChannelLeak extends Pick<Leak, 'label' | 'form'> {
  readonly channel: string
  /** Text before it. */
  readonly after: string
}

/** What a scan looks for. */
export interface Wanted {
  readonly values: readonly PlantedValue[]
  /** Common part of most values, which is searched instead of them. @default every value */
  readonly marker?: string
}

const AFTER_LENGTH = 60

/** Collected text of several channels, for a later search. */
export class ChannelScan {
  readonly #texts = new Map<string, Uint8Array[]>()

  /** Registers channels before their first text, so that silent ones are listed too. */
  open(...channels: readonly string[]): void {
    for (const channel of channels) if (!this.#texts.has(channel)) this.#texts.set(channel, [])
  }

  add(channel: string, text: string | Uint8Array): void {
    this.open(channel)
    this.#texts.get(channel)?.push(Buffer.from(text))
  }

  get channels(): readonly string[] {
    return [...this.#texts.keys()]
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

  /** The searched text and the hits: a line for each channel, then a total. */
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

  /** One character per byte, so that the encoding does not matter. */
  #text(channel: string): string {
    return Buffer.concat(this.#texts.get(channel) ?? []).toString('latin1')
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
