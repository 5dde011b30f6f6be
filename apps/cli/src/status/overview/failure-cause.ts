/** Longest cause; the rest of a message is in the status of the resource. */
const MAX_LENGTH = 200
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"'
const NAMES = new RegExp(`: ${QUOTED}(?:, ${QUOTED})*(?: and \\d+ more)?`, 'g')
const SUBJECT = new RegExp(`^[A-Za-z]+ \\w+(?: ${QUOTED})? at ([^\\s:]+(?::\\d+)?): (.*)$`, 's')

/**
 * The cause in the message of a Ready condition, without the names of secrets, so that resources with the same cause are one group.
 * Messages are for people and may change; an unknown one is its own cause. Pure.
 */
export function causeOf(reason: string, message: string): string {
  const plain = message
    .replace(/ \((?:last values kept|the Secret )[^()]*\)$/, '')
    .replace(/^\d+ of \d+ secrets: /, '')
    .replace(new RegExp(`^(?:${reason}|[A-Z]\\w+): `), '')
  const [, host, text] = SUBJECT.exec(plain.replaceAll(NAMES, '')) ?? []
  const cause = host === undefined || text === undefined ? plain.replaceAll(NAMES, '') : `${shortened(text)} at ${host}`
  return cause.length <= MAX_LENGTH ? cause : `${cause.slice(0, MAX_LENGTH - 1)}…`
}

/** Equal for messages with the same cause. Numbers in a message, such as a line or a duration, do not make another cause. Pure. */
export function causeKeyOf(reason: string, message: string): string {
  return causeOf(reason, message).replaceAll(/\d+/g, '0')
}

/** `HTTP 503 ServiceUnavailableTemporary` says more than the sentence before it. */
function shortened(text: string): string {
  const [, code, http] = /\((?:(\w+), )?(HTTP 5\d\d)\)/.exec(text) ?? []
  if (http === undefined) return text
  return code === undefined ? http : `${http} ${code}`
}
