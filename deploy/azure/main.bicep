// y-webpubsub on Azure: Web PubSub, the server as a Container App, PostgreSQL for the documents.
// NOT DEPLOYED BY US: we have no Azure account behind this project. It follows the published resource schemas; read it,
// run `az deployment group what-if` first, and adapt names, sizes and networks. docs/deploy-azure.md goes with it.

@description('Short name that every resource begins with: letters and digits.')
@minLength(3)
@maxLength(12)
param name string

param location string = resourceGroup().location

@description('Image of deploy/Dockerfile in a registry that the app may read.')
param image string

@description('Pages of these origins may use the server, separated by commas, as https://example.org.')
param allowedOrigins string = ''

@description('HS256 secret of the tokens that your application signs; at least 32 bytes.')
@secure()
@minLength(32)
param jwtSecret string

@description('Password of the database user.')
@secure()
@minLength(16)
param databasePassword string

@description('Units of Web PubSub Standard_S1: 1,000 connections and 1,000,000 messages a day each.')
@minValue(1)
param webPubSubUnits int = 1

@minValue(1)
param serversMin int = 2

@minValue(1)
param serversMax int = 10

var hubName = 'collab'
var databaseUser = 'ywebpubsub'
var databaseName = 'documents'
var appName = '${name}-server'
var path = '/collab'

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: '${name}-wps'
  location: location
  sku: { name: 'Standard_S1', tier: 'Standard', capacity: webPubSubUnits }
  properties: {
    // The server signs tokens with an access key: switched off, it cannot.
    disableLocalAuth: false
    publicNetworkAccess: 'Enabled'
    tls: { clientCertEnabled: false }
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: '${name}-db'
  location: location
  sku: { name: 'Standard_D2ds_v5', tier: 'GeneralPurpose' }
  properties: {
    version: '16'
    administratorLogin: databaseUser
    administratorLoginPassword: databasePassword
    storage: { storageSizeGB: 64, autoGrow: 'Enabled' }
    // A receipt says that an edit is durable: with a standby it survives the machine.
    highAvailability: { mode: 'ZoneRedundant' }
    backup: { backupRetentionDays: 14, geoRedundantBackup: 'Enabled' }
  }
}

resource documents 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: database
  name: databaseName
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
}

// Addresses inside Azure may connect. Better, where you have a network of your own: a private endpoint, and no rule.
resource fromAzure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2024-08-01' = {
  parent: database
  name: 'from-azure'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-env'
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: { customerId: logs.properties.customerId, sharedKey: logs.listKeys().primarySharedKey }
    }
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: appName
  location: location
  properties: {
    managedEnvironmentId: environment.id
    configuration: {
      ingress: { external: true, targetPort: 3000, transport: 'http', allowInsecure: false }
      secrets: [
        { name: 'connection-string', value: service.listKeys().primaryConnectionString }
        { name: 'secondary-key', value: service.listKeys().secondaryKey }
        { name: 'jwt-secret', value: jwtSecret }
        {
          name: 'store'
          value: 'postgres://${databaseUser}:${uriComponent(databasePassword)}@${database.properties.fullyQualifiedDomainName}:5432/${databaseName}?sslmode=verify-full'
        }
      ]
    }
    template: {
      // Longer than the drain and the requests that are then finished.
      terminationGracePeriodSeconds: 60
      containers: [
        {
          name: 'server'
          image: image
          resources: { cpu: json('1.0'), memory: '2Gi' }
          env: [
            { name: 'WEBPUBSUB_CONNECTION_STRING', secretRef: 'connection-string' }
            { name: 'Y_WEBPUBSUB_SECONDARY_KEY', secretRef: 'secondary-key' }
            { name: 'Y_WEBPUBSUB_JWT_SECRET', secretRef: 'jwt-secret' }
            { name: 'Y_WEBPUBSUB_STORE', secretRef: 'store' }
            { name: 'Y_WEBPUBSUB_HUB', value: hubName }
            { name: 'Y_WEBPUBSUB_PATH', value: path }
            { name: 'Y_WEBPUBSUB_ORIGIN', value: allowedOrigins }
            // The ingress is the one proxy in front.
            { name: 'Y_WEBPUBSUB_TRUST_PROXY', value: '1' }
          ]
          probes: [
            { type: 'Liveness', httpGet: { path: '${path}/health/live', port: 3000 }, periodSeconds: 15, timeoutSeconds: 5 }
            { type: 'Readiness', httpGet: { path: '${path}/health/ready', port: 3000 }, periodSeconds: 5, timeoutSeconds: 6 }
            { type: 'Startup', httpGet: { path: '${path}/health/live', port: 3000 }, periodSeconds: 2, failureThreshold: 30 }
          ]
        }
      ]
      scale: {
        minReplicas: serversMin
        maxReplicas: serversMax
        rules: [ { name: 'requests', http: { metadata: { concurrentRequests: '200' } } } ]
      }
    }
  }
}

// Optional, and worth having: the presence of a crashed tab fades at once. Editing works without it.
resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: service
  name: hubName
  properties: {
    anonymousConnectPolicy: 'deny'
    eventHandlers: [
      {
        urlTemplate: 'https://${app.properties.configuration.ingress.fqdn}${path}/events'
        userEventPattern: ''
        systemEvents: [ 'disconnected' ]
      }
    ]
  }
}

@description('What a provider takes as server URL.')
output serverUrl string = 'https://${app.properties.configuration.ingress.fqdn}${path}'
