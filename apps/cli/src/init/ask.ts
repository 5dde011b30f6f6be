import { UsageError } from '@ack-secret-manager/command-line'
import { printable } from '../output/printable.ts'
import type { Prompt } from '../terminal/prompt.ts'
import type { AccessMethod } from './access-methods.ts'
import type { Answers } from './answers.ts'
import { membersOf, type Question, QUESTIONS, type Texts } from './questions.ts'

/** Where answers come from. */
export interface AnswerSources {
  /** Texts of the flags that are set. */
  readonly flags: Texts
  /** Flags on the command line. */
  readonly typed: ReadonlySet<string>
  /** Undefined: flags and defaults only. */
  readonly prompt: Prompt | undefined
  /** Called with what is wrong about an answer, which is then asked again. */
  readonly onInvalid: (text: string) => void
}

/** Gets all answers. @throws UsageError for an invalid flag or a missing answer, InterruptedError on Ctrl-C */
export async function ask(sources: AnswerSources): Promise<Answers> {
  const texts = new Map<string, string>()
  for (const question of QUESTIONS) {
    const { flag, only, isNeeded = () => true } = question
    const access = texts.get('access')
    if (only?.some((each) => each === access) === false) {
      if (sources.typed.has(flag)) throw new UsageError(`--${flag} needs --access ${only.join(' or ')}`)
    } else if (!isNeeded(texts)) {
      if (sources.typed.has(flag)) throw new UsageError(`--${flag} and --members cannot be combined; use one of them`)
    } else texts.set(flag, await answerOf(question, texts, sources))
  }
  return answersOf(texts)
}

async function answerOf(question: Question, texts: Texts, sources: AnswerSources): Promise<string> {
  const { flag, text, defaultOf, check } = question
  const given = sources.flags.get(flag)
  if (given !== undefined) {
    const expected = check(given)
    if (expected === undefined) return given
    throw new UsageError(`--${flag}: expected ${expected}`)
  }
  const fallback = defaultOf(texts)
  const { prompt } = sources
  if (prompt === undefined) {
    if (fallback === undefined) throw new UsageError(`--${flag} is required with --yes`)
    return fallback
  }
  for (;;) {
    const shown = fallback === undefined || fallback === '' ? '' : ` [${printable(fallback)}]`
    const line = await prompt.ask(`${text}${shown}: `)
    if (line === undefined) throw new UsageError(`--${flag}: the input has ended before an answer`)
    const answer = line.trim() === '' ? fallback : line.trim()
    const expected = answer === undefined ? 'an answer' : check(answer)
    if (answer !== undefined && expected === undefined) return answer
    sources.onInvalid(`expected ${expected}`)
  }
}

function answersOf(texts: Texts): Answers {
  const of = (flag: string): string => texts.get(flag) ?? ''
  return {
    // Checked by the question.
    access: of('access') as AccessMethod,
    region: of('region'),
    store: of('store'),
    name: of('name'),
    namespace: of('namespace'),
    secret: of('secret'),
    members: membersOf(of('members')),
    key: of('key'),
    credentialsSecret: of('credentials-secret'),
    roleArn: of('role-arn'),
    oidcProviderArn: of('oidc-provider-arn'),
    serviceAccount: of('service-account'),
    instance: of('instance'),
  }
}
