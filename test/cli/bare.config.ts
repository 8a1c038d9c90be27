import type { Configure } from '../../configuration.ts'
import configure from '../../temporal.config.ts'

/** The real configuration without billing adapters and notifiers. */
const bare: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  return { ...configuration, plugins: configuration.plugins.slice(0, 1) }
}

export default bare
