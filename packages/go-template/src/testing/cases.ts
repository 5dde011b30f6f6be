import { readdirSync, readFileSync } from 'node:fs'
import { type RenderRequest, Sensitive } from '@ack-secret-manager/core'

/** A template and its result in Go. See `testdata/README.md`. */
export interface TemplateCase {
  readonly name: string
  readonly template: string
  readonly data?: Readonly<Record<string, string>>
  /** In base64. */
  readonly binaryData?: Readonly<Record<string, string>>
  /** Why text/template and Sprig without our changes return another result. */
  readonly differs?: string
  readonly output?: string
  readonly binaryOutput?: string
  /** The message of Go. */
  readonly error?: string
  readonly line?: number
  readonly column?: number
  readonly problem?: string
}

export const CASES_DIRECTORY = new URL('../../testdata/', import.meta.url)

export const CASE_FILES: readonly string[] = readdirSync(CASES_DIRECTORY).filter((file) => file.endsWith('.json'))

export function casesOf(file: string): readonly TemplateCase[] {
  return JSON.parse(readFileSync(new URL(file, CASES_DIRECTORY), 'utf8')) as TemplateCase[]
}

export function requestOf({ name, template, data = {}, binaryData = {} }: TemplateCase): RenderRequest {
  return {
    templates: [{ name, text: template }],
    data: new Map([
      ...Object.entries(data).map(([key, value]) => [key, new Sensitive(Buffer.from(value))] as const),
      ...Object.entries(binaryData).map(([key, value]) => [key, new Sensitive(Buffer.from(value, 'base64'))] as const),
    ]),
    seed: 'seed',
  }
}

/** The output of a case; undefined if it fails. */
export function outputOf({ output, binaryOutput }: TemplateCase): Buffer | undefined {
  if (output !== undefined) return Buffer.from(output)
  return binaryOutput === undefined ? undefined : Buffer.from(binaryOutput, 'base64')
}
