import { typedText } from '@ack-secret-manager/command-line'

const ASSIGNMENT = /^([A-Za-z_]\w*)=/

/** `DB=…` for a word that sets a variable in a shell; undefined for another word. The text after the `=` may be a secret. */
export function assignmentText(word: string): string | undefined {
  const name = ASSIGNMENT.exec(word)?.[1]
  return name === undefined ? undefined : `${typedText(name, 'word')}=…`
}

/** The error for a word before `--` that sets a variable in a shell. */
export function misplacedAssignment(word: string): string | undefined {
  const text = assignmentText(word)
  const instead = 'for a variable with the value of a secret use --get NAME=SECRET, then -- and COMMAND'
  return text === undefined ? undefined : `expected flags before --, not ${text}: ${instead}`
}
