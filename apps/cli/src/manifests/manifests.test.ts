import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseObjects } from './parse-objects.ts'
import { secretDataOf } from './secret-data.ts'

describe('parseObjects', () => {
  it('reports the location of each object, in documents and in lists', () => {
    const text = `# head
apiVersion: v1
kind: A
---
# empty
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: B}
  - apiVersion: v1
    kind: C
`
    const { objects, problems } = parseObjects(text, 'f.yaml')
    expect(problems).toEqual([])
    expect(objects.map(({ kind, location }) => [kind, location])).toEqual([
      ['A', 'f.yaml:2'],
      ['B', 'f.yaml:10'],
      ['C', 'f.yaml:11'],
    ])
  })

  it.each([
    ['expands the list of one kind, as kubectl get --raw prints it', [{ apiVersion: 'a/v1', kind: 'A' }], ['A']],
    ['does not expand an object of which not every item has a kind', [{ apiVersion: 'a/v1' }], ['AList']],
    ['does not expand an object without items', undefined, ['AList']],
  ])('%s', (_rule, items, kinds) => {
    const { objects, problems } = parseObjects(JSON.stringify({ apiVersion: 'a/v1', kind: 'AList', items }), 'f.json')
    expect([objects.map(({ kind }) => kind), problems]).toEqual([kinds, []])
  })

  it('reads JSON with tabs, and merge keys of YAML', () => {
    expect(parseObjects('{\n\t"apiVersion": "v1",\n\t"kind": "A"\n}\n', 'f.json').objects).toHaveLength(1)
    const merged = 'base: &b {kind: A}\napiVersion: v1\n<<: *b\n'
    expect(parseObjects(merged, 'f.yaml').objects).toMatchObject([{ kind: 'A' }])
  })

  it('treats names of prototype properties as ordinary names', () => {
    const { objects } = parseObjects('{"apiVersion":"v1","kind":"A","__proto__":{"polluted":1}}', 'f.json')
    expect(Object.getPrototypeOf(objects[0]?.value)).toBe(Object.prototype)
    expect(objects[0]?.value['polluted']).toBeUndefined()
  })

  it('never throws, and never quotes invalid text', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCodePoint, maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            'a:',
            ' ',
            '\n',
            '- ',
            '[',
            '{',
            '}',
            '"',
            "'",
            '|',
            '&x ',
            '*x',
            '!!t ',
            '\t',
            'WXYZ',
            '<<:',
            '---\n',
          ),
          {
            maxLength: 60,
          },
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (yaml) => {
        const { problems } = parseObjects(yaml, 'f')
        for (const problem of problems) {
          expect(problem).toMatch(/^f(:\d+){0,2}: /)
          expect(problem).not.toContain('WXYZ')
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('secretDataOf', () => {
  const read = (value: object): { content: Record<string, string>; problems: string[] } => {
    const problems: string[] = []
    const content = secretDataOf({ ...value }, 'f:1: Secret a/b', problems)
    return {
      content: Object.fromEntries([...content].map(([key, bytes]) => [key, Buffer.from(bytes.expose()).toString()])),
      problems,
    }
  }

  it('reads data as the API server would store it', () => {
    expect(read({ data: { a: 'eA==', b: 'eA=\n=\n', c: '' }, stringData: { b: 'text', d: '' } })).toEqual({
      content: { a: 'x', b: 'text', c: '', d: '' },
      problems: [],
    })
    expect(read({ data: null })).toEqual({ content: {}, problems: [] })
  })

  it.each([
    [{ data: { k: 'x' } }, 'f:1: Secret a/b: data["k"]: expected base64'],
    [{ data: { k: 'eA' } }, 'f:1: Secret a/b: data["k"]: expected base64'],
    [{ data: { k: 'e-_=' } }, 'f:1: Secret a/b: data["k"]: expected base64'],
    [{ data: ['x'] }, 'f:1: Secret a/b: data: expected a mapping'],
    [{ stringData: { k: 5 } }, 'f:1: Secret a/b: stringData["k"]: expected a text; put it in quotes'],
  ])('refuses %j', (value, problem) => expect(read(value).problems).toEqual([problem]))

  it('returns any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const content = secretDataOf({ data: { k: Buffer.from(bytes).toString('base64') } }, '', [])
        expect(Buffer.from(content.get('k')?.expose() ?? [1, 2, 3])).toEqual(Buffer.from(bytes))
      }),
    )
  })
})
