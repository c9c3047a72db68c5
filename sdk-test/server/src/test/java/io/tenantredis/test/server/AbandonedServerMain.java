package io.tenantredis.test.server;

/** Starts a server and certificates, says where they are, and waits to be killed. */
final class AbandonedServerMain {

  private AbandonedServerMain() {}

  public static void main(String[] args) throws Exception {
    RedisServer server = RedisServer.builder().appendOnly().tls().start();
    if (args.length > 0 && args[0].equals("frozen")) {
      server.freeze();
    }
    System.out.println(server.pid());
    System.out.println(server.directory());
    System.out.println(server.certificates().caPem().getParent());
    if (args.length > 0 && args[0].equals("exit")) {
      System.exit(0);
    }
    Thread.currentThread().join();
  }
}
