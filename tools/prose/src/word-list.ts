/** Words that hide who acts or what happens, and what to write instead. */
export const AVOIDED: ReadonlyMap<string, string> = new Map([
  ['anew', 'again, or the verb with re-: recreate, reread, restart'],
  ['beside', 'next to, besides, or as well as'],
  ['by now', 'already, or a time'],
  ['is to be', 'must be, or will be'],
  ['nobody', 'the noun with no: no user, no controller'],
  ['of what', 'the noun: of the secrets, of the keys'],
  ['somebody', 'a user, a tenant, another controller, the API server'],
  ['stands', 'is, or means'],
  ['told', 'reported to, notified, logged, or given'],
  ['whoever', 'the user who, the replica that'],
  ['whom', 'the noun'],
])
