import type { Findings } from '../findings.ts'
import { ManifestFields } from '../manifest-fields.ts'
import type { GeneratorIndex } from './generator-index.ts'

const WHO = 'External Secrets Operator'
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
/** Symbols of that operator (its dependency go-password). */
const SYMBOLS = '~!@#$%^&*()_+`-={}|[]\\:"<>?,./'

const KEEP = 'store the generated value as a secret in KMS, or keep this part in External Secrets Operator'
/** Generators whose names look like those of Alibaba Cloud, for which that operator has none. */
const OF_OTHER_CLOUDS: ReadonlyMap<string, { readonly what: string; readonly todo: string }> = new Map([
  [
    'ACRAccessToken',
    {
      what: 'gets tokens of Azure Container Registry, not of Alibaba Cloud',
      todo: 'for Alibaba Cloud write generate[].containerRegistry, and allowTokens of its store',
    },
  ],
  [
    'STSSessionToken',
    {
      what: 'gets sessions of AWS, not of Alibaba Cloud',
      todo: 'for Alibaba Cloud write generate[].stsToken, and allowTokens of its store',
    },
  ],
])

/** Context of the conversion of generated keys. */
export interface GeneratedMapping {
  readonly findings: Findings
  readonly generators: GeneratorIndex
  readonly namespace: string
}

/** Converts an entry of `spec.dataFrom` that refers to a generator to entries of `spec.generate`. */
export function mapGenerated(item: ManifestFields, ref: ManifestFields, mapping: GeneratedMapping): readonly object[] {
  const { findings, generators, namespace } = mapping
  const kind = ref.requiredText('kind')
  const name = ref.requiredText('name')
  ref.pass('apiVersion')
  ref.end(WHO)
  if (kind !== 'Password') {
    const ours = OF_OTHER_CLOUDS.get(kind)
    const what = ours === undefined ? `the generator ${kind} is not supported` : `${kind} ${ours.what}`
    findings.suspends(ref.path, what, ours?.todo ?? KEEP)
    return []
  }
  if (item.has('rewrite')) {
    const todo = 'set each name in spec.generate'
    findings.suspends(item.at('rewrite'), 'keys of generated values are not renamed by rules', todo)
  }
  const spec = generators.passwordOf(name, namespace)
  if (spec === undefined) {
    findings.suspends(ref.path, `Password ${name} is not among the manifests`, 'add its file with -f')
    return []
  }
  findings.changed(
    ref.path,
    'a password is generated once and kept; there each refresh replaces it. Numbers of digits and symbols become at least one, and characters may repeat',
    'set rotationInterval to rotate it',
  )
  return mapPassword(new ManifestFields(spec, ref.path, findings), findings)
}

function mapPassword(spec: ManifestFields, findings: Findings): readonly object[] {
  // 0 is the default there.
  const length = spec.number('length') || 24
  const hasUpper = !spec.flag('noUpper')
  const hasDigits = spec.number('digits') !== 0
  const hasSymbols = spec.number('symbols') !== 0
  const symbols = spec.text('symbolCharacters') ?? SYMBOLS
  const names = spec.texts('secretKeys')
  const encoding = spec.text('encoding') ?? 'raw'
  if (encoding !== 'raw') {
    findings.suspends(
      spec.at('encoding'),
      `${encoding} is not supported`,
      'encode it in target.template, under another key',
    )
  }
  spec.pass('allowRepeat')
  spec.end(WHO)
  const classes = ['Lower', ...(hasUpper ? ['Upper'] : []), ...(hasDigits ? ['Digits'] : [])]
  const characters = [LETTERS, hasUpper ? LETTERS.toUpperCase() : '', hasDigits ? DIGITS : '', symbols].join('')
  const password = hasSymbols
    ? { length, classes: [...classes, 'Symbols'], alphabet: [...new Set(characters)].join('') }
    : { length, classes }
  return (names.length === 0 ? ['password'] : names).map((name) => ({ name, password }))
}
