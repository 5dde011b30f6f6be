import { found, textOf } from '../markdown.ts'
import { messagesOf, type SourceMessage } from './extract-messages.ts'
import { CLI_ADVICE, CLI_ERRORS, CLI_SOURCES, COMMANDS_OF_FOLDER } from './services/cli.ts'
import type { Advice, Service } from './service.ts'

/** A text with what to do about it. */
export interface ExplainedMessage extends SourceMessage {
  readonly advice: Advice
}

/** A text of `acksm`, with its command. */
export interface CommandMessage extends ExplainedMessage {
  readonly commands: readonly string[]
}

/**
 * The texts of a service, each once.
 * @throws Error naming each text without advice, and each advice or part without text
 */
export function textsOf(service: Service): ExplainedMessage[] {
  const texts = new Map<string, SourceMessage>()
  const problems: string[] = []
  for (const { file, code, parts = [] } of service.sources) {
    const messages = messagesOf(textOf(file))
    const said = messages.map(({ text }) => text)
    problems.push(...parts.filter((part) => !said.includes(part)).map((part) => `${file} has no text "${part}"`))
    for (const message of messages.filter(({ text }) => !parts.includes(text))) {
      const before = texts.get(message.text)
      texts.set(message.text, {
        ...(code && { code }),
        ...message,
        ...before,
        remoteCodes: [...new Set([...(before?.remoteCodes ?? []), ...message.remoteCodes])],
      })
      if (!Object.hasOwn(service.advice, message.text)) problems.push(`no advice for "${message.text}" of ${file}`)
    }
  }
  problems.push(
    ...Object.keys(service.advice)
      .filter((text) => !texts.has(text))
      .map((text) => `no source has "${text}"`),
  )
  if (problems.length > 0) throw new Error(`section ${service.title}:\n${problems.join('\n')}`)
  return [...texts.values()].map((message) => ({ ...message, advice: service.advice[message.text] ?? ['', ''] }))
}

/**
 * The texts of `acksm`, sorted by command.
 * @throws Error naming each text without advice, and each advice that no text needs
 */
export function commandTexts(): CommandMessage[] {
  const all = new Map<string, CommandMessage>()
  const used = new Set<RegExp>()
  const problems: string[] = []
  for (const file of found(...CLI_SOURCES).filter((each) => !/\.test\.ts$|\/testing\//.test(each))) {
    for (const message of messagesOf(textOf(file), CLI_ERRORS)) {
      const entry = CLI_ADVICE.find(([words]) => words.test(message.text))
      if (entry === undefined) {
        problems.push(`no advice for "${message.text}" of ${file}`)
        continue
      }
      const [words, ...advice] = entry
      used.add(words)
      const commands = new Set([...(all.get(message.text)?.commands ?? []), commandOf(file)])
      all.set(message.text, { ...message, advice, commands: [...commands] })
    }
  }
  problems.push(...CLI_ADVICE.filter(([words]) => !used.has(words)).map(([words]) => `no text fits ${words}`))
  if (problems.length > 0) throw new Error(`section Command line:\n${problems.join('\n')}`)
  return [...all.values()]
}

function commandOf(file: string): string {
  const folder = /^apps\/cli\/src\/([\w-]+)\//.exec(file)?.[1] ?? 'flags'
  return COMMANDS_OF_FOLDER[folder] ?? `\`${folder}\``
}
