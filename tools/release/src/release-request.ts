/** What the arguments ask for. */
export type ReleaseRequest =
  | { readonly kind: 'help' }
  | { readonly kind: 'rehearsal' }
  /** Set the version, with the arguments of `nx release version`. */
  | { readonly kind: 'version'; readonly args: readonly string[] }

export function releaseRequest(argv: readonly string[]): ReleaseRequest {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) return { kind: 'help' }
  return argv.length === 1 && argv[0] === '--dry-run' ? { kind: 'rehearsal' } : { kind: 'version', args: argv }
}
