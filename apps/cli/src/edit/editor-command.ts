import type { ChildCommand } from '../exec/child.ts'

/** The editor of a user, with its flags. */
export function editorOf(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  // A variable that is empty is not set.
  return flag ?? (env['VISUAL'] || env['EDITOR'] || (process.platform === 'win32' ? 'notepad' : 'vi'))
}

/** How to open a file in an editor. A shell splits its flags, as for git and kubectl. */
export function editorCommand(
  editor: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): ChildCommand {
  const defined = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const [program, args] =
    process.platform === 'win32' ? [editor, [file]] : ['/bin/sh', ['-c', `${editor} "$@"`, editor, file]]
  return { program, args, env: Object.fromEntries(defined) }
}
