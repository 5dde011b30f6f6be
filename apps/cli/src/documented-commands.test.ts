import { type AnyCommand, type CommandIo, runProgram } from '@ack-secret-manager/command-line'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { COMMANDS } from './commands/commands.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Decisions and the changelog describe what was. */
const PAGES = globSync(['README.md', 'apps/cli/README.md', 'examples/**/*.md', 'docs/**/*.md'], { cwd: ROOT })
  .filter((page) => !page.startsWith('docs/adr/') && !page.includes('node_modules'))
  .toSorted()

/** Commands that read their flags and do nothing. */
const PARSED_ONLY: readonly AnyCommand[] = COMMANDS.map((command) => ({
  ...command,
  run: (read) => {
    read(command.flags)
    return Promise.resolve(0)
  },
}))

async function parse(argv: readonly string[]): Promise<void> {
  const stream = { write: () => undefined }
  const isTTY = { stdout: false, stderr: false }
  const { signal } = new AbortController()
  const io: CommandIo = { stdout: stream, stderr: stream, env: {}, cwd: '/', isTTY, signal }
  const program = { name: 'acksm', version: '0', description: '', note: '', commands: PARSED_ONLY }
  await runProgram(program, argv, io)
}

/** Words of a simple command of a shell, up to a pipe, a redirection, a list or a comment. */
function wordsOf(call: string): readonly string[] {
  const words: string[] = []
  for (const [, space = '', word = ''] of call.matchAll(/(\s*)((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+)/g)) {
    if (/^(?:[|;&]|\d?[<>]|#)/.test(word) && space !== '') break
    const text = word.replaceAll(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3')
    words.push(text.replace(/[;)]+$/, ''))
    if (/[;)]$/.test(word)) break
  }
  return words
}

/** `acksm …` in each line of the code blocks. */
function callsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|bash|console|zsh|fish|powershell)\n(.*?)^ *```/gms)].map(
    ([, block = '']) => block,
  )
  const lines = blocks.flatMap((block) => block.replaceAll(/ *\\\n */g, ' ').split('\n'))
  return lines.flatMap((line) => {
    const call = /^\s*(?:[^#]*?[\s;|(&<]|\$ )?(?:npx |kubectl )?acksm (.*)$/.exec(line)?.[1]
    // xargs adds the arguments. An ellipsis means the rest of a name.
    return call === undefined || /^\s*#|\bxargs /.test(line) ? [] : [call.replaceAll('…', 'x')]
  })
}

/** `acksm …` in the text. It may leave out required parts. */
function mentionsOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^ *```.*?^ *```/gms, '')
  return [...prose.matchAll(/`(?:npx )?acksm ([^`]*)`/g)].map(([, call = '']) => call)
}

const READ = PAGES.map((page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8')
  return { page, calls: callsOf(text), mentions: mentionsOf(text) }
})

it.each(READ.filter(({ calls }) => calls.length > 0))(
  '$page shows calls of acksm that it understands',
  async ({ calls }) => {
    const refused: string[] = []
    for (const call of calls) {
      await parse(wordsOf(call)).catch((error: unknown) => refused.push(`acksm ${call}: ${String(error)}`))
    }
    expect(refused).toEqual([])
  },
)

it.each(READ.filter(({ mentions }) => mentions.length > 0))(
  '$page names commands and flags that exist',
  ({ mentions }) => {
    const unknown = mentions.filter((mention) => {
      const [name = '', ...words] = wordsOf(mention)
      if (/^(?:COMMAND|--version|--help|help|…)/.test(name)) return false
      const command = COMMANDS.find((each) => each.name === name)
      const end = words.indexOf('--')
      const flags = (end === -1 ? words : words.slice(0, end)).flatMap((word) => /^--([a-z-]+)/.exec(word)?.[1] ?? [])
      return command === undefined || !flags.every((flag) => flag === 'help' || Object.hasOwn(command.flags, flag))
    })
    expect(unknown).toEqual([])
  },
)
