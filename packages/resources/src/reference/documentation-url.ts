/** Address of the repository's files. The `repository` of package.json and the chart's `home` name the same repository. */
const FILES = 'https://github.com/ack-secret-manager/ack-secret-manager/blob/main'

/**
 * Address of a page of the documentation.
 * @param page path in the repository, with an anchor: `docs/reference/reasons.md#stale`
 */
export function documentationUrl(page: string): string {
  return `${FILES}/${page}`
}
