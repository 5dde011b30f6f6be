import { closeSync, openSync, readSync } from 'node:fs'
import type { PlantedValue } from './canary-run.ts'
import { formsOf, hashesOf, hashLike, type LeakForm } from './leak-forms.ts'

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
  readonly #forms: readonly (LeakForm & { readonly label: string })[]
  readonly #hashes: ReadonlyMap<string, string>

  constructor({ values, marker }: LeakScannerOptions) {
    const single = marker === undefined ? values : values.filter(({ value }) => !value.includes(marker))
    const wanted = marker === undefined ? single : [...single, { label: 'a canary of this run', value: marker }]
    this.#forms = wanted.flatMap(({ label, value }) => formsOf(value).map((form) => ({ ...form, label })))
    this.#hashes = new Map(values.flatMap(({ label, value }) => hashesOf(value).map((hash) => [hash, label] as const)))
  }

  /** At most one leak for each form of each value. */
  scan(text: string): readonly Leak[] {
    const leaks: Leak[] = []
    for (const { label, form, text: wanted } of this.#forms) {
      const index = text.indexOf(wanted)
      if (index >= 0) leaks.push({ label, form, index })
    }
    for (const [word, index] of hashLike(text)) {
      const label = this.#hashes.get(word)
      if (label !== undefined) leaks.push({ label, form: 'hash', index })
    }
    return leaks
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
          const line = linesBefore + linesIn(text.slice(0, leak.index)) + 1
          found.set(`${leak.form} ${leak.label} ${line}`, { ...leak, line })
        }
        tail = text.slice(-OVERLAP_BYTES)
        linesBefore += linesIn(text.slice(0, text.length - tail.length))
      }
      return { leaks: [...found.values()], bytes }
    } finally {
      closeSync(file)
    }
  }
}

function linesIn(text: string): number {
  return text.split('\n').length - 1
}
