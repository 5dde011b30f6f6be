import fc from 'fast-check'

const KEYS = ['a', 'b', 'key', 'missing', '数据']
const BLOCKS = ['if', 'if $x :=', 'with', 'range', 'range $i, $x :=']
const NUMBERS = ['0', '1', '-1', '7', '3.5', '100', '9223372036854775807', '0x1f', '1e9']
const BUILT_IN = [
  'and',
  'or',
  'not',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'len',
  'index',
  'print',
  'printf',
  'println',
  'call',
]

/** Verbs of a format: every letter, although fmt supports only a few. */
const format = fc
  .tuple(
    fc.constantFrom('', '#', '+', '-8', '08', '.3', '[1]', '*'),
    fc.constantFrom(...'b c d e f g o p q s t u v w x z E F G O T U X'.split(' ')),
  )
  .map(([flags, verb]) => `"%${flags}${verb}"`)

/**
 * Mostly well-formed templates that call the given functions with random arguments; some are truncated or contain random characters.
 */
export function randomTemplate(functions: readonly string[]): fc.Arbitrary<string> {
  const word = fc.constantFrom(...functions, ...BUILT_IN)
  const { template } = fc.letrec<{ value: string; call: string; pipe: string; part: string; template: string }>(
    (tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('.', '$', '$x', 'nil', 'true', 'false', ...NUMBERS, ...KEYS.map((key) => `.${key}`)),
        fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
        format,
        fc.constantFrom('"a.b"', '"[a-z]+"', '"("', '"2006-01-02"', '"key"', '`raw\ntext`'),
        tie('pipe').map((pipe) => `(${pipe})`),
      ),
      call: fc.tuple(word, fc.array(tie('value'), { maxLength: 3 })).map(([name, args]) => [name, ...args].join(' ')),
      pipe: fc
        .tuple(fc.oneof(tie('value'), tie('call')), fc.array(tie('call'), { maxLength: 2 }))
        .map(([first, more]) => [first, ...more].join(' | ')),
      part: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 4, arbitrary: fc.string({ maxLength: 5 }) },
        { weight: 8, arbitrary: tie('pipe').map((pipe) => `{{ ${pipe} }}`) },
        { weight: 4, arbitrary: tie('pipe').map((pipe) => `{{- $x = ${pipe} -}}`) },
        { weight: 4, arbitrary: fc.constantFrom('{{ template "t" $ }}', '{{ template "t" .a }}', '{{/* a */}}') },
        { weight: 1, arbitrary: fc.constantFrom('{{ break }}', '{{ continue }}', '{{ end }}') },
        {
          weight: 8,
          arbitrary: fc
            .tuple(fc.constantFrom(...BLOCKS), tie('pipe'), tie('template'), tie('template'))
            .map(([block, pipe, then, otherwise]) => `{{ ${block} ${pipe} }}${then}{{ else }}${otherwise}{{ end }}`),
        },
      ),
      template: fc.array(tie('part'), { maxLength: 3 }).map((parts) => parts.join('')),
    }),
  )
  const whole = fc
    .tuple(template, template)
    .map(([text, called]) => `{{ $x := .a }}${text}{{ define "t" }}{{ $x := . }}${called}{{ end }}`)
  const cut = fc.tuple(whole, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1)))
  // Functions that are only called with values: their error messages must not be reported.
  const values = fc.array(fc.constantFrom('.a', '.b', '.key'), { minLength: 1, maxLength: 3 })
  const direct = fc.tuple(word, values).map(([name, args]) => `{{ ${name} ${args.join(' ')} }}`)
  return fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 4, arbitrary: direct },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: fc.string() },
  )
}

/** Values with a marker that no template can contain, so that a leaked value is detected. */
export const MARK = 'f4b81c96'

/** Data for {@link randomTemplate}: texts, documents, numbers and bytes. */
export const randomData: fc.Arbitrary<ReadonlyMap<string, Uint8Array>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...KEYS.filter((key) => key !== 'missing')),
      fc.oneof(
        fc.string().map((text) => Buffer.from(`${MARK}${text}`)),
        fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.concat([Buffer.from(MARK), bytes])),
        fc.json({ maxDepth: 2 }).map((json) => Buffer.from(`{"${MARK}":${json}}`)),
        fc.constantFrom('', '42', 'aGk=', '1.2.3', 'https://u:p@h/').map((text) => Buffer.from(text)),
      ),
    ),
    { minLength: 2, maxLength: 6 },
  )
  .map((entries) => new Map(entries))
