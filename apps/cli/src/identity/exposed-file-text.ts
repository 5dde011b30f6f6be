/** The warning about a file with identities that other users may read or change. */
export function exposedFileText(file: string, mode: number, otherOwner?: number): string {
  if (otherOwner !== undefined) {
    return `${file} belongs to another user (id ${otherOwner}), who may read and change it: use a copy of your own with mode 600`
  }
  const isRead = (mode & 0o044) !== 0
  const isChanged = (mode & 0o022) !== 0
  const rights = isRead && isChanged ? 'read and change' : isChanged ? 'change' : 'read'
  return `${file} has mode ${mode.toString(8)}, so that other users may ${rights} it: chmod 600 ${file}`
}
