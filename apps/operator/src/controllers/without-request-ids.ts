/** A message without what is new in it each time that the same is said: the ids of requests. */
export function withoutRequestIds(message: string): string {
  return message.replaceAll(/request id [\w-]+/g, 'request id')
}
