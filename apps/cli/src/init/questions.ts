import { FLAG_PATTERNS } from '@ack-secret-manager/command-line'
import { ACCESS_METHODS, type AccessMethod } from './access-methods.ts'

/** Texts of the answers so far, by flag. */
export type Texts = ReadonlyMap<string, string>

/** A question and its flag. An empty answer means the default. */
export interface Question {
  readonly flag: string
  readonly text: string
  /** Methods for which it is asked. @default all */
  readonly only?: readonly AccessMethod[]
  /** Undefined: an answer is required. */
  readonly defaultOf: (texts: Texts) => string | undefined
  /** What is expected; undefined for a valid answer. */
  readonly check: (text: string) => string | undefined
  /** Asked only if another question is answered so. @default always */
  readonly isNeeded?: (texts: Texts) => boolean
}

const KEY = /^[-._a-zA-Z0-9]{1,253}$/
const SECRET = /^[\w/+=.@-]{1,192}$/
const ROLE = /^acs:ram::\d{1,32}:role\/[\w.-]{1,64}$/
const PROVIDER = /^acs:ram::\d{1,32}:oidc-provider\/[\w.-]{1,128}$/

const name = matching(FLAG_PATTERNS.name.pattern, 'a name of a-z, 0-9, - and .')
const WITH_SECRET: readonly AccessMethod[] = ['access-key', 'assume-role', 'client-key']

/** All questions, in their order. */
export const QUESTIONS: readonly Question[] = [
  {
    flag: 'access',
    text: `How does the store get access? ${ACCESS_METHODS.join(', ')}`,
    defaultOf: () => 'access-key',
    check: (text) => (ACCESS_METHODS.some((each) => each === text) ? undefined : ACCESS_METHODS.join(' or ')),
  },
  {
    flag: 'region',
    text: 'Region of KMS',
    defaultOf: () => 'cn-hangzhou',
    check: matching(FLAG_PATTERNS.region.pattern, 'a region such as cn-hangzhou'),
  },
  {
    flag: 'instance',
    text: 'Id or host of the KMS instance, such as kst-hzz123456789',
    only: ['client-key'],
    defaultOf: () => undefined,
    check: matching(FLAG_PATTERNS.endpoint.pattern, 'HOST or HOST:PORT'),
  },
  {
    flag: 'role-arn',
    text: 'ARN of the RAM role',
    only: ['assume-role', 'rrsa'],
    defaultOf: () => undefined,
    check: matching(ROLE, 'acs:ram::ACCOUNT:role/NAME'),
  },
  {
    flag: 'oidc-provider-arn',
    text: 'ARN of the OIDC provider of the cluster',
    only: ['rrsa'],
    defaultOf: () => undefined,
    check: matching(PROVIDER, 'acs:ram::ACCOUNT:oidc-provider/NAME'),
  },
  {
    flag: 'secret',
    text: 'KMS secret, such as shop/db',
    defaultOf: () => undefined,
    check: matching(SECRET, 'letters, digits and _/+=.@-'),
  },
  {
    flag: 'members',
    text: 'Members of its JSON object that become keys, separated by commas; none for the whole value',
    defaultOf: () => '',
    check: (text) =>
      membersOf(text).every((each) => KEY.test(each)) ? undefined : 'names of letters, digits, -, _ and .',
  },
  {
    flag: 'key',
    text: 'Key of the value in the Secret',
    isNeeded: (texts) => texts.get('members') === '',
    defaultOf: (texts) =>
      (texts.get('secret') ?? '')
        .split('/')
        .at(-1)
        ?.replaceAll(/[^-._a-zA-Z0-9]/g, '-') || 'value',
    check: matching(KEY, 'letters, digits, -, _ and .'),
  },
  {
    flag: 'namespace',
    text: 'Namespace',
    defaultOf: () => 'default',
    check: matching(FLAG_PATTERNS.namespace.pattern, 'a name of a-z, 0-9 and -'),
  },
  { flag: 'name', text: 'Name of the Secret', defaultOf: (texts) => nameOf(texts.get('secret') ?? ''), check: name },
  { flag: 'store', text: 'Name of the SecretStore', defaultOf: () => 'kms', check: name },
  {
    flag: 'credentials-secret',
    text: 'Kubernetes Secret with the credential',
    only: WITH_SECRET,
    defaultOf: () => 'kms-credentials',
    check: name,
  },
  {
    flag: 'service-account',
    text: 'ServiceAccount that the trust policy of the role names',
    only: ['rrsa'],
    defaultOf: (texts) => texts.get('name'),
    check: name,
  },
]

/** Members as typed, each once. */
export function membersOf(text: string): readonly string[] {
  const members = text.split(',').map((each) => each.trim())
  return [...new Set(members.filter((each) => each !== ''))]
}

/** `shop/db` is `shop-db`. */
function nameOf(secret: string): string {
  const words = secret.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return words.join('-').slice(0, 63).replace(/-$/, '') || 'app'
}

function matching(pattern: RegExp, expected: string): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? undefined : expected)
}
