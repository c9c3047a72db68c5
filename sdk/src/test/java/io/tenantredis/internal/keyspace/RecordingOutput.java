package io.tenantredis.internal.keyspace;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ArrayOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Writes down what reaches the application's output, in order. */
final class RecordingOutput extends ArrayOutput<String, String> {
  final List<String> events = new ArrayList<>();

  RecordingOutput() {
    super(StringCodec.UTF8);
  }

  @Override
  public void set(ByteBuffer bytes) {
    events.add("set " + (bytes == null ? null : StringCodec.UTF8.decodeValue(bytes)));
  }

  @Override
  public void setSingle(ByteBuffer bytes) {
    events.add("single " + StringCodec.UTF8.decodeValue(bytes));
  }

  @Override
  public void setBigNumber(ByteBuffer bytes) {
    events.add("big " + StringCodec.UTF8.decodeValue(bytes));
  }

  @Override
  public void set(long integer) {
    events.add("long " + integer);
  }

  @Override
  public void set(double number) {
    events.add("double " + number);
  }

  @Override
  public void set(boolean value) {
    events.add("boolean " + value);
  }

  @Override
  public void multi(int count) {
    events.add("multi " + count);
  }

  @Override
  public void multiArray(int count) {
    events.add("array " + count);
  }

  @Override
  public void multiMap(int count) {
    events.add("map " + count);
  }

  @Override
  public void multiPush(int count) {
    events.add("push " + count);
  }

  @Override
  public void multiSet(int count) {
    events.add("setof " + count);
  }

  @Override
  public void setError(String error) {
    events.add("error " + error);
  }

  @Override
  public void setError(ByteBuffer error) {
    events.add("error " + StringCodec.UTF8.decodeValue(error));
  }

  @Override
  public void complete(int depth) {
    events.add("end " + depth);
  }
}
