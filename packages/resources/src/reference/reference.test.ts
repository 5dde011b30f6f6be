import { ERROR_CODES, reasonOf } from '@ack-secret-manager/core'
import { z } from 'zod'
import { describe, expect, it } from 'vitest'
import { type KindDefinition, kinds } from '../kinds.ts'
import { badInputMessage } from './reference-bad-input.ts'
import { type KindName, referenceMarkdown, SAME_SPEC } from './reference-markdown.ts'
import { structuralSchema } from '../crd/structural-schema.ts'
import { reasonsMarkdown } from './reference-reasons.ts'
import { tableMarkdown } from './reference-table.ts'
import { entryOf, fieldsOf, mayBeAbsent, metaOf } from '../schema/schema-tree.ts'

/** Every field of a spec, with its path. */
function fieldsBelow(path: string, schema: z.ZodType): Array<{ readonly path: string; readonly field: z.ZodType }> {
  return [...(fieldsOf(schema) ?? [])].flatMap(([name, field]) => [
    { path: `${path}.${name}`, field },
    ...fieldsBelow(`${path}.${name}`, entryOf(field) ?? field),
  ])
}

describe.each<KindDefinition>([...kinds])('the reference of $kind', ({ spec }) => {
  const fields = fieldsBelow('spec', spec)
  const without = (isThere: (field: z.ZodType) => boolean) =>
    fields.filter(({ field }) => !isThere(field)).map(({ path }) => path)

  it('describes the meaning of every absent field', () => {
    expect(without((field) => !mayBeAbsent(field) || metaOf(field)?.default !== undefined)).toEqual([])
  })

  it('shows an example of every leaf field', () => {
    const isNested = (field: z.ZodType) =>
      fieldsOf(field) !== undefined || fieldsOf(entryOf(field) ?? field) !== undefined
    expect(without((field) => isNested(field) || metaOf(field)?.example !== undefined)).toEqual([])
  })

  it('shows the message for bad input, for every field', () => {
    expect(without((field) => badInputMessage(field) !== undefined)).toEqual([])
  })
})

describe('an example of bad input', () => {
  const notKey = 'cannot be a key of a Secret (letters, digits, "-", "_" and ".")'
  it.each<[KindName, string, string, string]>([
    ['ExternalSecret', 'spec.data[]', 'key', `"app/db" ${notKey}; set name`],
    ['ExternalSecret', 'spec.data[]', 'name', `"app/db" ${notKey}`],
    ['ExternalSecret', 'spec.data[].jmesPath[]', 'path', `"users[0].name" ${notKey}; set objectAlias`],
    // With the rules of the example, any path may become a key.
    ['ExternalSecret', 'spec.dataProcess[].extract.jmesPath[]', 'path', 'expected a text, got 5432; put it in quotes'],
  ])('of %s is realistic for %s.%s', (kind, path, name, message) => {
    const [, section = ''] = referenceMarkdown(kind).split(`## \`${path}\``)
    expect(section.split('\n').find((line) => line.startsWith(`| \`${name}\``))).toContain(message)
  })
})

it('links to the fields of an ExternalSecret where a ClusterExternalSecret has the same', () => {
  const { kind, path, as } = SAME_SPEC
  const specOf = (name: string): z.ZodType | undefined => kinds.find((each) => each.kind === name)?.spec
  const field = fieldsOf(specOf(kind) ?? z.never())?.get('externalSecretSpec')
  const shapeOf = (schema = z.never() as z.ZodType): object => ({
    ...structuralSchema(schema, ['spec']),
    description: '',
  })
  expect(shapeOf(field)).toEqual(shapeOf(specOf(as)))
  expect(referenceMarkdown(kind)).toContain(
    `## \`${path}\`\n\nThe same fields as \`spec\` of [${as}](externalsecret.md#spec).\n\n## `,
  )
})

describe('the reference of reasons', () => {
  it('has every reason of an error code', () => {
    const page = reasonsMarkdown()
    expect(ERROR_CODES.filter((code) => !page.includes(`</a>\`${reasonOf(code)}\` |`))).toEqual([])
  })
})

describe('a table', () => {
  it('stays a table for any cell content', () => {
    expect(tableMarkdown(['a'], [['b|c\nd']])).toBe('| a |\n|---|\n| b\\|c d |')
  })
})
