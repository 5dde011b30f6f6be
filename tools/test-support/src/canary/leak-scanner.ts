import { closeSync, openSync, readSync } from 'node:fs'
import type { PlantedValue } from './canary-run.ts'
import { formsOf, hashesOf, type LeakForm } from './leak-forms.ts'
import { TextSearch } from './text-search.ts'

/** A visible value. */
export interface Leak {
  readonly label: string
  readonly form: LeakForm['form'] | 'hash'
  /** Position in the text, in characters. */
  readonly index: number
}

/** A leak in a file. */
export interface FileLeak extends Leak {
  /** From 1. */
  readonly line: number
}

/** Options of {@link LeakScanner}. */
export interface LeakScannerOptions {
  readonly values: readonly PlantedValue[]
  /** Common part of most values, which is searched instead of them. @default every value */
  readonly marker?: string
}

const CHUNK_BYTES = 4 * 1024 * 1024
/** Overlap of two chunks, to find leaks at their border. Longer than any form of a realistic value. */
const OVERLAP_BYTES = 16 * 1024

/** Finds values in text: raw, in base64, URL encoding or hex, also inside longer data, and as unsalted hashes. */
export class LeakScanner {
  readonly #search: TextSearch<Pick<Leak, 'label' | 'form'>>

  constructor({ values, marker }: LeakScannerOptions) {
    const single = marker === undefined ? values : values.filter(({ value }) => !value.includes(marker))
    const wanted = marker === undefined ? single : [...single, { label: 'a canary of this run', value: marker }]
    this.#search = new TextSearch<Pick<Leak, 'label' | 'form'>>([
      ...wanted.flatMap(({ label, value }) =>
        formsOf(value).map(({ form, text }) => ({ text, what: { label, form } })),
      ),
      ...values.flatMap(({ label, value }) =>
        hashesOf(value).map((text) => ({ text, what: { label, form: 'hash' as const } })),
      ),
    ])
  }

  /** At most one leak for each form of each value. */
  scan(text: string): readonly Leak[] {
    return this.#search.in(text).map(({ what, index }) => ({ ...what, index }))
  }

  /** The first leaks of a file of any size, read in chunks. */
  scanFile(path: string): { readonly leaks: readonly FileLeak[]; readonly bytes: number } {
    const found = new Map<string, FileLeak>()
    const file = openSync(path, 'r')
    try {
      const buffer = Buffer.alloc(CHUNK_BYTES)
      let [bytes, linesBefore, tail] = [0, 0, '']
      for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
        bytes += read
        // One character per byte, so that no character is split.
        const text = tail + buffer.toString('latin1', 0, read)
        for (const leak of this.scan(text)) {
          const line = linesBefore + linesIn(text, leak.index) + 1
          found.set(`${leak.form} ${leak.label} ${line}`, { ...leak, line })
        }
        tail = text.slice(-OVERLAP_BYTES)
        linesBefore += linesIn(text, text.length - tail.length)
      }
      return { leaks: [...found.values()], bytes }
    } finally {
      closeSync(file)
    }
  }
}

/** Line ends before a position. */
function linesIn(text: string, end: number): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}
