/** Programs to run one after the other, with their environment. */
export type Steps = ReadonlyArray<
  readonly [command: string, args: readonly string[], env?: Readonly<Record<string, string>>]
>

/** What the arguments ask for; undefined for help. */
export function stepsOf(argv: readonly string[]): Steps | undefined {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) return undefined
  if (argv.length > 1 || argv[0] !== '--dry-run') return [['nx', ['release', 'version', ...argv]]]
  const tests = ['run', '--project', 'published', '--project', 'cluster', 'e2e/publish']
  return [
    ['npm', ['run', 'build']],
    ['vitest', tests, { PUBLISH: 'all', IMAGE_TEST: 'required' }],
  ]
}
