/** Texts about generated keys. */
export const enGenerated = {
  title: 'Generated keys',
  states: { generated: 'Generated', missing: 'Not generated yet', failed: 'Failed' },
  generators: {
    password: 'Password',
    containerRegistry: 'Token of Container Registry',
    stsToken: 'Session of a RAM role',
  },
  generator: 'Generator',
  store: 'Store',
  since: 'Generated',
  renews: 'Next renewal',
  never: 'never',
  expires: 'Expires',
  shownAbove: 'Its message is at the top of the page.',
}
