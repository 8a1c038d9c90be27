import { compose, type Deployment } from './compose.ts'
import { withEmbeddedServers } from './embedded-servers.ts'
import type { Environment } from './environment.ts'

/** The deployment may be that of a running `npm start`. @throws StartFailure naming a missing setting. */
export async function withDeployment(
  set: Environment,
  configPath: string,
  act: (deployment: Deployment, environment: Environment) => Promise<number>,
): Promise<number> {
  const environment = withEmbeddedServers(set)
  const deployment = await compose(environment, configPath)
  try {
    return await act(deployment, environment)
  } finally {
    await deployment.registry.close()
    await deployment.db.destroy()
  }
}
