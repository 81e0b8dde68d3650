"""YAML in, validated Parameters out; the only reader of os.environ."""
